/** Bundles as they would be deployed: by wrangler, from the project's own configuration. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "./paths.ts";

const OFFLINE = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
};

/** The bundle's code. `entry` is relative to `root`; absent: what wrangler.toml, or `config`, names. Throws where the build fails. */
export function buildWorker(
  outDirectory: string,
  { root = ROOT, entry, config }: { root?: string; entry?: string; config?: string } = {},
): string {
  const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
  const script = entry === undefined ? [] : [entry];
  const other = config === undefined ? [] : ["--config", config];
  const args = [wrangler, "deploy", ...script, ...other, "--dry-run", "--minify", "--outdir", outDirectory];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...OFFLINE },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`building ${entry ?? "the worker"} failed:\n${stdout}\n${stderr}`);
  const name = (entry ?? "index.ts").replace(/^.*\//, "").replace(/\.ts$/, ".js");
  return readFileSync(join(outDirectory, name), "utf8");
}

/** A worker of ours that is one file and imports nothing but the platform: only its types have to go. */
export function plainWorker(file: string): string {
  const path = fileURLToPath(new URL(`../workers/${file}`, import.meta.url));
  return stripTypeScriptTypes(readFileSync(path, "utf8"));
}
