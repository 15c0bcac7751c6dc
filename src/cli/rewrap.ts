/** Every sealed value of a database, under the newest key. Safe while the Worker serves: each row is compared and set. */
// oxlint-disable-next-line no-restricted-imports -- what opens and seals here has to be what opens and seals in the Worker
import { currentPrefix, reseal } from "../vault/seal.ts";
// oxlint-disable-next-line no-restricted-imports -- as above
import { SEALED_COLUMNS, type SealedColumn } from "../vault/sealed-columns.ts";

export interface Database {
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Several statements. */
  execute(sql: string): Promise<void>;
}

export interface Rewrapped {
  where: string;
  rewrapped: number;
  /** Changed by somebody else meanwhile, or opened by no key of the ring: looked at again by the next run. */
  failed: number;
}

const BATCH = 200;

export async function rewrapAll(database: Database, masterKey: string): Promise<Rewrapped[]> {
  const results: Rewrapped[] = [];
  for (const column of SEALED_COLUMNS) results.push(await rewrapColumn(database, masterKey, column));
  return results;
}

/** Values that are not under the newest key, by column. */
export async function countOld(database: Database, masterKey: string): Promise<number> {
  let total = 0;
  for (const { table, column } of SEALED_COLUMNS) {
    const [row] = await database.query(`SELECT count(*) AS old FROM ${table} WHERE ${isOld(column, masterKey)}`);
    total += Number(row?.["old"] ?? 0);
  }
  return total;
}

async function rewrapColumn(
  database: Database,
  masterKey: string,
  { table, column, context }: SealedColumn,
): Promise<Rewrapped> {
  const result = { where: `${table}.${column}`, rewrapped: 0, failed: 0 };
  for (let after = ""; ;) {
    const rows = await database.query(
      `SELECT ${context} AS context, ${column} AS sealed FROM ${table} ` +
        `WHERE ${isOld(column, masterKey)} AND ${context} > ${quote(after)} ORDER BY ${context} LIMIT ${BATCH}`,
    );
    if (rows.length === 0) return result;
    const statements: string[] = [];
    for (const row of rows) {
      const [name, sealed] = [String(row["context"]), String(row["sealed"])];
      after = name;
      const fresh = await reseal(masterKey, sealed, name).catch(() => null);
      if (fresh === null) result.failed += 1;
      else {
        // Only where nobody has changed it since: a merchant's new secret must not be put back.
        statements.push(
          `UPDATE ${table} SET ${column} = ${quote(fresh)} WHERE ${context} = ${quote(name)} AND ${column} = ${quote(sealed)};`,
        );
        result.rewrapped += 1;
      }
    }
    if (statements.length > 0) await database.execute(statements.join("\n"));
  }
}

function isOld(column: string, masterKey: string): string {
  const prefix = currentPrefix(masterKey);
  return `${column} IS NOT NULL AND substr(${column}, 1, ${prefix.length}) <> ${quote(prefix)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
