/** `SqlStorage` on Node's own SQLite: the same engine, the same statements. */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

type Row = Record<string, unknown>;

interface Prepared {
  statement: StatementSync;
  returnsRows: boolean;
}

export class SqlDatabase {
  readonly db = new DatabaseSync(":memory:");
  readonly #prepared = new Map<string, Prepared>();
  /** Called before each statement that may write. */
  beforeWrite: () => void = () => {};

  readonly api = { exec: (query: string, ...bindings: unknown[]) => this.exec(query, bindings) };

  exec(query: string, bindings: readonly unknown[]) {
    if (bindings.length === 0 && query.includes(";\n")) {
      this.beforeWrite();
      this.db.exec(query);
      return cursor([], 0);
    }
    const { statement, returnsRows } = this.#prepare(query);
    if (!/^\s*(SELECT|WITH)/i.test(query)) this.beforeWrite();
    if (!returnsRows) return cursor([], Number(statement.run(...(bindings as SQLInputValue[])).changes));
    const rows = statement.all(...(bindings as SQLInputValue[])) as Row[];
    for (const row of rows) {
      for (const name in row) {
        const value = row[name];
        if (value instanceof Uint8Array)
          row[name] = value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
      }
    }
    return cursor(rows, rows.length);
  }

  /** Without telling anybody: transactions, and what the harness itself asks. */
  run(query: string, ...bindings: SQLInputValue[]): void {
    this.#prepare(query).statement.run(...bindings);
  }

  all<T = Row>(query: string, ...bindings: SQLInputValue[]): T[] {
    return this.#prepare(query).statement.all(...bindings) as T[];
  }

  #prepare(query: string): Prepared {
    let prepared = this.#prepared.get(query);
    if (prepared === undefined) {
      const returnsRows = /^\s*(SELECT|WITH)/i.test(query) || /\bRETURNING\b/i.test(query);
      prepared = { statement: this.db.prepare(query), returnsRows };
      this.#prepared.set(query, prepared);
    }
    return prepared;
  }
}

function cursor(rows: Row[], changes: number) {
  return {
    toArray: () => rows,
    one: () => {
      if (rows.length !== 1) throw new Error(`expected exactly one row, got ${rows.length}`);
      return rows[0];
    },
    rowsWritten: changes,
    rowsRead: rows.length,
    [Symbol.iterator]: () => rows[Symbol.iterator](),
  };
}
