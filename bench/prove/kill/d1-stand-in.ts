/**
 * D1 for a bare workerd, which has none: one object with SQLite behind the same interface. Like D1 it is single-threaded,
 * durable, a network away, and a batch is one transaction; on request it is out of order for a while.
 */
import { DurableObject } from "cloudflare:workers";

interface Statement {
  query: string;
  params: SqlStorageValue[];
}

interface Answered {
  columns: string[];
  rows: SqlStorageValue[][];
}

export class D1StandIn extends DurableObject {
  async batch(statements: Statement[]): Promise<Answered[]> {
    return this.ctx.storage.transactionSync(() =>
      statements.map(({ query, params }) => {
        const cursor = this.ctx.storage.sql.exec(query, ...params);
        return { columns: cursor.columnNames, rows: [...cursor.raw()] };
      }),
    );
  }
}

class StandInStatement {
  readonly #stub: () => DurableObjectStub<D1StandIn>;
  readonly statement: Statement;

  constructor(stub: () => DurableObjectStub<D1StandIn>, statement: Statement) {
    this.#stub = stub;
    this.statement = statement;
  }

  bind(...params: SqlStorageValue[]): StandInStatement {
    return new StandInStatement(this.#stub, { ...this.statement, params });
  }

  async #answer(): Promise<Answered> {
    const [answered] = await this.#stub().batch([this.statement]);
    return answered ?? { columns: [], rows: [] };
  }

  async raw() {
    return (await this.#answer()).rows;
  }

  async all() {
    return { success: true, meta: {}, results: objectsOf(await this.#answer()) };
  }

  run() {
    return this.all();
  }

  async first(column?: string) {
    const [row] = objectsOf(await this.#answer());
    return row === undefined ? null : column === undefined ? row : (row[column] ?? null);
  }
}

function objectsOf({ columns, rows }: Answered): Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
}

/** `failRate`: how often a call is lost, half of them after it was done. */
export function standInFor(namespace: DurableObjectNamespace<D1StandIn>, failRate: number): D1Database {
  const stub = () => namespace.getByName("db");
  const db = {
    prepare: (query: string) => new StandInStatement(stub, { query, params: [] }),
    batch: async (statements: StandInStatement[]) => {
      const draw = Math.random();
      if (draw < failRate / 2) throw new Error("D1_ERROR: Network connection lost.");
      const answered = await stub().batch(statements.map(({ statement }) => statement));
      if (draw < failRate) throw new Error("D1_ERROR: Network connection lost.");
      return answered.map((each) => ({ success: true, meta: {}, results: objectsOf(each) }));
    },
  };
  return db as unknown as D1Database;
}
