import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isMigrated, noteMigrated } from "../../../src/cli/local-database.ts";

const migrations = readdirSync("migrations").filter((name) => name.endsWith(".sql"));

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "state-"));
});
afterEach(() => rmSync(state, { recursive: true }));

/** As wrangler leaves it. */
function layDatabase(applied: readonly string[], file = "a"): void {
  const folder = join(state, "v3", "d1", "miniflare-D1DatabaseObject");
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, `${file}.sqlite`));
  database.exec("CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT)");
  for (const name of applied) database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").run(name);
  database.close();
}

test("a database with every migration, noted as ours, is not migrated again", () => {
  layDatabase([...migrations, "9999_later.sql"]);
  noteMigrated(state);
  expect(isMigrated(state)).toBe(true);
});

test("a fresh state is to be migrated", () => {
  expect(isMigrated(state)).toBe(false);
  expect(isMigrated(join(state, "nowhere"))).toBe(false);
});

test("a database that lacks a migration is to be migrated", () => {
  layDatabase(migrations.slice(1));
  noteMigrated(state);
  expect(isMigrated(state)).toBe(false);
});

test("a note without its database, or with several, proves nothing", () => {
  noteMigrated(state);
  expect(isMigrated(state)).toBe(false);
  layDatabase(migrations, "a");
  layDatabase(migrations, "b");
  expect(isMigrated(state)).toBe(false);
});

test("a note about another database proves nothing", () => {
  layDatabase(migrations);
  noteMigrated(state);
  const [note] = readdirSync(state).filter((name) => name !== "v3");
  const path = join(state, note ?? "");
  expect(readFileSync(path, "utf8")).not.toBe("");
  writeFileSync(path, "another-database");
  expect(isMigrated(state)).toBe(false);
});
