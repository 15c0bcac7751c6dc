import type { SQL } from "drizzle-orm";
import { SQLiteSyncDialect } from "drizzle-orm/sqlite-core";

const dialect = new SQLiteSyncDialect();

/**
 * A statement of Drizzle's `sql` template for D1 itself: Drizzle's own `batch` takes no template with parameters,
 * and on the way to a plain list its session costs more than the query.
 */
export function prepareSql(db: D1Database, query: SQL): D1PreparedStatement {
  const { sql, params } = dialect.sqlToQuery(query);
  return db.prepare(sql).bind(...params);
}
