/** workerd itself, started, ended and started again on the same files. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");
const require = createRequire(import.meta.url);

export const ADMIN_TOKEN = "prove-admin-token-0123456789abcdef0123456789";
const MASTER_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

export interface Fault {
  point: string;
  skip: number;
}

function workerdPath(): string {
  const wrangler = createRequire(require.resolve("wrangler/package.json"));
  return (wrangler("workerd") as { default: string }).default;
}

export class Server {
  readonly directory = mkdtempSync(join(tmpdir(), "switchyard-prove-"));
  readonly port: number;
  readonly #workerd = workerdPath();
  #child: ChildProcess | null = null;
  /** Calls back when the shard has come to the step that `start` named. */
  onReached: () => void = () => {};
  output = "";

  constructor(port: number) {
    this.port = port;
    process.once("exit", () => this.#child?.kill("SIGKILL"));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async build(): Promise<void> {
    const wrangler = createRequire(require.resolve("wrangler/package.json"));
    const esbuild = wrangler("esbuild") as typeof import("esbuild");
    await esbuild.build({
      entryPoints: [join(ROOT, "bench/prove/kill/worker.ts")],
      outfile: join(this.directory, "worker.mjs"),
      bundle: true,
      format: "esm",
      target: "es2024",
      conditions: ["workerd", "worker", "browser"],
      external: ["cloudflare:*", "node:*"],
      loader: { ".html": "text", ".txt": "text" },
      jsx: "automatic",
      jsxImportSource: "hono/jsx",
      logLevel: "error",
    });
  }

  /** Resolves when it answers. Milliseconds from the start. */
  async start(fault: Fault | null): Promise<number> {
    const began = performance.now();
    writeFileSync(join(this.directory, "wrangler.json"), JSON.stringify(this.#configuration(fault)));
    const args = ["serve", "--experimental", "wrangler.json", "-s", `http=127.0.0.1:${this.port}`];
    const child = spawn(this.#workerd, args, { cwd: this.directory, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    const hear = (chunk: Buffer) => {
      const text = chunk.toString();
      this.output = (this.output + text).slice(-20_000);
      if (text.includes("reached ")) this.onReached();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    for (let tries = 0; tries < 400; tries++) {
      if (child.exitCode !== null) throw new Error(`workerd ended by itself:\n${this.output}`);
      const response = await fetch(`${this.url}/prove/migrate`, { method: "POST", body: "[]" }).catch(() => null);
      if (response?.ok === true) return performance.now() - began;
      await response?.text();
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    throw new Error(`workerd does not answer:\n${this.output}`);
  }

  async migrate(): Promise<void> {
    const directory = join(ROOT, "migrations");
    const statements = readdirSync(directory)
      .filter((file) => file.endsWith(".sql"))
      .sort()
      .flatMap((file) => readFileSync(join(directory, file), "utf8").split("--> statement-breakpoint"));
    const response = await fetch(`${this.url}/prove/migrate`, { method: "POST", body: JSON.stringify(statements) });
    if (!response.ok) throw new Error(`the migrations failed: ${await response.text()}`);
  }

  /** SIGKILL to workerd's own process: nothing of it gets to say goodbye. Resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  remove(): void {
    if (existsSync(this.directory)) rmSync(this.directory, { recursive: true });
  }

  /** The files of a Durable Object class. */
  databases(className: string): string[] {
    const directory = join(this.directory, ".wrangler/state/workerd");
    const folders = readdirSync(directory).filter((name) => name.endsWith(className));
    return folders.flatMap((folder) =>
      readdirSync(join(directory, folder))
        .filter((file) => file.endsWith(".sqlite") && file !== "metadata.sqlite")
        .map((file) => join(directory, folder, file)),
    );
  }

  #configuration(fault: Fault | null) {
    const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
    const one = (name: string) => new RegExp(`^${name} = "(.*)"`, "m").exec(toml)?.[1] ?? "";
    const list = (text: string) => [...text.matchAll(/"([^"]+)"/g)].map(([, value]) => value ?? "");
    const flags = list(/^compatibility_flags = \[(.*)\]/m.exec(toml)?.[1] ?? "");
    const bindings = [...toml.matchAll(/^name = "(\w+)"\nclass_name = "(\w+)"/gm)].map(([, name, className]) => ({
      name,
      class_name: className,
    }));
    const migrations = [...toml.matchAll(/^tag = "(\w+)"\nnew_sqlite_classes = \[(.*)\]/gm)].map(
      ([, tag, classes]) => ({ tag, new_sqlite_classes: list(classes ?? "") }),
    );
    return {
      name: "prove",
      main: "worker.mjs",
      no_bundle: true,
      compatibility_date: one("compatibility_date"),
      compatibility_flags: flags,
      durable_objects: { bindings: [...bindings, { name: "D1_STAND_IN", class_name: "D1StandIn" }] },
      migrations: [...migrations, { tag: "prove", new_sqlite_classes: ["D1StandIn"] }],
      vars: { ADMIN_TOKEN, MASTER_KEY, FAULT_POINT: fault?.point ?? "", FAULT_SKIP: String(fault?.skip ?? 0) },
    };
  }
}
