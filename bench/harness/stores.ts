/** The stores' files, once their server has ended: SQLite databases, read from outside. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export type Row = Record<string, unknown>;

/** Databases of one Durable Object class of the product; none where the class was never used. */
export function objectStores(directory: string, className: string): DatabaseSync[] {
  return open(join(directory, "objects", `bench-${className}`));
}

export function d1Stores(directory: string): DatabaseSync[] {
  return open(join(directory, "d1", "miniflare-D1DatabaseObject"));
}

function open(directory: string): DatabaseSync[] {
  const files = readdirSync(directory).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  return files.map((name) => new DatabaseSync(join(directory, name), { readOnly: true }));
}

export function rowsOf(stores: readonly DatabaseSync[], sql: string): Row[] {
  return stores.flatMap((store) => store.prepare(sql).all());
}

/** Bytes that these tables and their indexes take, whole pages, less the page that each takes while empty. */
export function bytesOf(stores: readonly DatabaseSync[], isCounted: (table: string) => boolean): number {
  const pages = rowsOf(
    stores,
    `SELECT m.tbl_name AS "table", sum(s.pgsize) - 4096 AS bytes
     FROM dbstat AS s JOIN sqlite_master AS m ON m.name = s.name GROUP BY s.name`,
  );
  return pages.filter(({ table }) => isCounted(String(table))).reduce((sum, { bytes }) => sum + Number(bytes), 0);
}
