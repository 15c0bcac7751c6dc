/** `D1Database` on Node's SQLite, with a network in between that can lose the question or the answer. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** Carries `work` out at D1 and its answer back. May reject before or after `work` was done. */
export type Carry = <T>(label: string, work: () => T) => Promise<T>;

const MIGRATIONS = join(import.meta.dirname, "../../../migrations");

export class SimD1 {
  readonly db = new DatabaseSync(":memory:");
  readonly #prepared = new Map<string, StatementSync>();
  readonly #carry: Carry;

  constructor(carry: Carry) {
    this.#carry = carry;
    for (const file of readdirSync(MIGRATIONS)
      .filter((name) => name.endsWith(".sql"))
      .sort()) {
      this.db.exec(readFileSync(join(MIGRATIONS, file), "utf8"));
    }
  }

  prepare(query: string): SimStatement {
    return new SimStatement(this, query, []);
  }

  batch(statements: readonly SimStatement[]) {
    return this.#carry("D1 write", () => {
      this.db.exec("BEGIN");
      try {
        const results = statements.map((statement) => statement.execute());
        this.db.exec("COMMIT");
        return results;
      } catch (error) {
        this.db.exec("ROLLBACK");
        throw error;
      }
    });
  }

  carry<T>(label: string, work: () => T): Promise<T> {
    return this.#carry(label, work);
  }

  statement(query: string): StatementSync {
    let statement = this.#prepared.get(query);
    if (statement === undefined) {
      statement = this.db.prepare(query);
      this.#prepared.set(query, statement);
    }
    return statement;
  }
}

class SimStatement {
  readonly #d1: SimD1;
  readonly #query: string;
  readonly #params: readonly SQLInputValue[];

  constructor(d1: SimD1, query: string, params: readonly SQLInputValue[]) {
    this.#d1 = d1;
    this.#query = query;
    this.#params = params;
  }

  bind(...params: SQLInputValue[]): SimStatement {
    return new SimStatement(this.#d1, this.#query, params);
  }

  execute() {
    const statement = this.#d1.statement(this.#query);
    statement.setReturnArrays(false);
    return { success: true, results: statement.all(...this.#params), meta: {} };
  }

  all() {
    return this.#d1.carry("D1 read", () => this.execute());
  }

  run() {
    return this.#d1.carry("D1 write", () => this.execute());
  }

  first() {
    return this.#d1.carry("D1 read", () => this.execute().results[0] ?? null);
  }

  raw() {
    return this.#d1.carry("D1 read", () => {
      const statement = this.#d1.statement(this.#query);
      statement.setReturnArrays(true);
      return statement.all(...this.#params);
    });
  }
}
