/** The product, with the rows that D1 read for a request in a header of its answer. */
import app from "../../src/index.ts";

export * from "../../src/index.ts";

type Count = (rowsRead: number) => void;

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    let rowsRead = 0;
    const DB = countReads(env.DB, (rows) => (rowsRead += rows));
    const response = await app.fetch(request, { ...env, DB }, ctx);
    const headers = new Headers(response.headers);
    headers.set("rows-read", String(rowsRead));
    return new Response(await response.text(), { status: response.status, headers });
  },
};

function countReads(db: D1Database, count: Count): D1Database {
  const prepare = (sql: string) => countStatement(db.prepare(sql), count);
  return Object.assign(Object.create(db) as D1Database, { prepare });
}

/** Changes the statement itself: a batch takes none but the platform's own. */
function countStatement(statement: D1PreparedStatement, count: Count): D1PreparedStatement {
  const all = statement.all.bind(statement) as () => Promise<D1Result>;
  const bind = statement.bind.bind(statement);
  return Object.assign(statement, {
    bind: (...values: unknown[]) => countStatement(bind(...values), count),
    all: async () => {
      const result = await all();
      count(result.meta.rows_read);
      return result;
    },
  });
}
