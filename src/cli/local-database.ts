/** The local D1's migrations, through wrangler unless they are known to be applied: wrangler takes seconds to say so. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartError } from "./options.ts";
import { spawnWrangler } from "./wrangler.ts";

const DEFAULT_STATE = ".wrangler/state";

/** Throws `StartError` where a migration fails. */
export async function migrateLocalDatabase(persistTo: string | undefined): Promise<void> {
  const state = persistTo ?? DEFAULT_STATE;
  if (isMigrated(state)) return;
  const where = persistTo === undefined ? [] : ["--persist-to", persistTo];
  const { code, output } = await run(["d1", "migrations", "apply", "DB", "--local", ...where]);
  if (code !== 0) throw new StartError(`The database migrations failed:\n${output}`);
  noteMigrated(state);
}

/** Notes which database the state's migrations were applied to. */
export function noteMigrated(state: string): void {
  writeFileSync(stampPath(state), databaseId());
}

/** True only for the database that wrangler.toml names today and with every migration in it. */
export function isMigrated(state: string): boolean {
  try {
    if (readFileSync(stampPath(state), "utf8") !== databaseId()) return false;
    const folder = join(state, "v3", "d1", "miniflare-D1DatabaseObject");
    const files = readdirSync(folder).filter((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite");
    const [file, ...others] = files;
    if (file === undefined || others.length > 0) return false;
    const applied = new Set(appliedMigrations(join(folder, file)));
    return migrationFiles().every((name) => applied.has(name));
  } catch {
    return false;
  }
}

function appliedMigrations(file: string): string[] {
  const database = new DatabaseSync(file);
  try {
    return database
      .prepare("SELECT name FROM d1_migrations")
      .all()
      .map((row) => String(row["name"]));
  } finally {
    database.close();
  }
}

function migrationFiles(): string[] {
  return readdirSync("migrations").filter((name) => name.endsWith(".sql"));
}

function databaseId(): string {
  return /^database_id\s*=\s*"(.+)"/m.exec(readFileSync("wrangler.toml", "utf8"))?.[1] ?? "";
}

function stampPath(state: string): string {
  return join(state, "migrated-database");
}

function run(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawnWrangler(args, "pipe");
    let output = "";
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}
