/**
 * `npm run keys:rotate`: a new master key without a moment in which something cannot be opened (docs/design/keys.md).
 *
 *   -- --begin    make a new key; then deploy it
 *   (nothing)     re-wrap what D1 holds under the newest key; any time, as often as you like
 *   -- --finish   drop the old keys, where nothing needs them any more
 *
 * `--remote` is the deployed Worker's database, its key read from the environment; else the local ones.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, parseEnv } from "node:util";
// oxlint-disable-next-line no-restricted-imports -- the Worker's own reading of its key
import { addKey, dropOldKeys, readKeyRing } from "../vault/master-key.ts";
import { countOld, type Database, rewrapAll } from "./rewrap.ts";
import { spawnWrangler } from "./wrangler.ts";

const DEV_VARS = ".dev.vars";

interface Options {
  remote: boolean;
  begin: boolean;
  finish: boolean;
  persistTo: string | undefined;
}

async function rotate(options: Options): Promise<void> {
  const masterKey = readMasterKey(options);
  const database = openDatabase(options);
  const { keys, newest } = readKeyRing(masterKey);
  if (options.begin) {
    if (keys.length > 1) throw new Error("A rotation is under way: re-wrap, then --finish it before the next one.");
    return handOver(
      addKey(masterKey, randomBytes(32)),
      options,
      "The new key is in front; the old one still opens what it sealed.",
    );
  }
  if (options.finish) {
    const old = await countOld(database, masterKey);
    if (old > 0) throw new Error(`${old} values are not under the newest key: run npm run keys:rotate first.`);
    if (keys.length === 1) return console.log("There is no old key to drop.");
    return handOver(dropOldKeys(masterKey), options, "The old keys are gone from it.");
  }
  let failed = 0;
  for (const { where, rewrapped, failed: missed } of await rewrapAll(database, masterKey)) {
    console.log(`${where}: ${rewrapped} re-wrapped${missed === 0 ? "" : `, ${missed} could not be opened`}`);
    failed += missed;
  }
  const old = await countOld(database, masterKey);
  console.log(`Newest key: ${newest.id}. ${old} values of D1 are under another.`);
  if (failed > 0 || old > 0) process.exitCode = 1;
}

/** Remote: Cloudflare gives no secret back, so the operator brings it. */
function readMasterKey({ remote }: Options): string {
  const masterKey = remote ? process.env["MASTER_KEY"] : parseEnv(readFileSync(DEV_VARS, "utf8"))["MASTER_KEY"];
  if (!masterKey)
    throw new Error(
      remote ? "Set MASTER_KEY in the environment to the deployed Worker's." : `${DEV_VARS} holds no MASTER_KEY.`,
    );
  return masterKey;
}

function handOver(masterKey: string, { remote }: Options, what: string): void {
  if (remote) {
    console.log(
      `${what} Keep this where you keep secrets, and deploy it: npx wrangler secret put MASTER_KEY\n\n${masterKey}\n`,
    );
    return;
  }
  const lines = readFileSync(DEV_VARS, "utf8")
    .split("\n")
    .filter((line) => !/^\s*MASTER_KEY\s*=/.test(line));
  writeFileSync(DEV_VARS, `${lines.join("\n").trimEnd()}\nMASTER_KEY="${masterKey}"\n`, { mode: 0o600 });
  console.log(`${what} ${DEV_VARS} is written; restart npm start.`);
}

/** Through wrangler, which knows how to reach both. */
function openDatabase({ remote, persistTo }: Options): Database {
  const where = remote ? ["--remote"] : ["--local", ...(persistTo === undefined ? [] : ["--persist-to", persistTo])];
  const run = (args: readonly string[]) => runWrangler(["d1", "execute", "DB", ...where, "--json", "--yes", ...args]);
  return {
    async query(sql) {
      const [result] = JSON.parse(await run(["--command", sql])) as { results: Record<string, unknown>[] }[];
      return result?.results ?? [];
    },
    async execute(sql) {
      const folder = mkdtempSync(join(tmpdir(), "switchyard-"));
      try {
        const file = join(folder, "rewrap.sql");
        writeFileSync(file, sql, { mode: 0o600 });
        await run(["--file", file]);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

function runWrangler(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawnWrangler(args, "pipe");
    let output = "";
    let errors = "";
    child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code) =>
      code === 0 ? resolve(output) : reject(new Error(`wrangler failed:\n${output}${errors}`)),
    );
  });
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      remote: { type: "boolean", default: false },
      begin: { type: "boolean", default: false },
      finish: { type: "boolean", default: false },
      "persist-to": { type: "string" },
    },
  });
  return { remote: values.remote, begin: values.begin, finish: values.finish, persistTo: values["persist-to"] };
}

try {
  await rotate(readOptions());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
