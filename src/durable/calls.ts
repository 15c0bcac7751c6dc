import type { Outcome } from "../domain/outcome.ts";
import { isoTime } from "../domain/payment/present.ts";

/** `perform` asks for the operation, `replay` asks again under the same key, `lookup` only asks what became of it. */
export type Verb = "perform" | "replay" | "lookup";

export interface NewCall {
  payment: number;
  /** `charge`, `authorize`, `capture`, `void`, `refund`, … */
  operation: string;
  verb: Verb;
  key: string;
  accountId: string;
  amount: number;
}

type CallRow = {
  id: number;
  operation: string;
  verb: Verb;
  key: string;
  account_id: string;
  amount: number;
  intended: number;
  sent: number | null;
  observed: number | null;
  settled: number | null;
  outcome: string | null;
  detail: string | null;
};

const CALLS_PER_PAYMENT = 2 ** 15;

/** The journal of calls to processors: written before a call leaves, completed by what came back. */
export class Calls {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** In the transaction that intends it: the output gate lets the call leave when that is durable, not before. */
  intend(call: NewCall, at: number): number {
    const base = call.payment * CALLS_PER_PAYMENT;
    const [last] = this.#sql
      .exec<{ id: number }>(
        "SELECT id FROM calls WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT 1",
        base,
        base + CALLS_PER_PAYMENT - 1,
      )
      .toArray();
    const id = (last?.id ?? base) + 1;
    this.#sql.exec(
      `INSERT INTO calls (id, operation, verb, key, account_id, amount, intended, sent)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      call.operation,
      call.verb,
      call.key,
      call.accountId,
      call.amount,
      at,
      at,
    );
    return id;
  }

  /** What came back. `isSettled`: it decided the operation. */
  observe(id: number, outcome: Outcome, { isSettled, at }: { isSettled: boolean; at: number }): void {
    const detail = "reason" in outcome ? outcome.reason : "error" in outcome ? outcome.error.code : null;
    this.#sql.exec(
      "UPDATE calls SET observed = ?, settled = ?, outcome = ?, detail = ? WHERE id = ? AND observed IS NULL",
      at,
      isSettled ? at : null,
      outcome.kind,
      detail,
      id,
    );
  }

  /** The last call made under `key`, which tells whether a crash or a silence left it open. */
  last(payment: number, key: string): { id: number; verb: Verb; isObserved: boolean; intended: number } | null {
    const row = this.#page(payment, 0, CALLS_PER_PAYMENT).findLast((call) => call.key === key);
    if (row === undefined) return null;
    return { id: row.id, verb: row.verb, isObserved: row.observed !== null, intended: row.intended };
  }

  /** Calls under `key`, oldest first: how often it was asked about, and what was answered. */
  under(payment: number, key: string): { verb: Verb; outcome: string | null; observed: number | null }[] {
    return this.#page(payment, 0, CALLS_PER_PAYMENT).filter((call) => call.key === key);
  }

  /** For the merchant: ascending, after the `after`th. */
  list(payment: number, after: number, limit: number) {
    return this.#page(payment, after, limit).map((row) => ({
      sequence: row.id % CALLS_PER_PAYMENT,
      operation: row.operation,
      verb: row.verb,
      idempotencyKey: row.key,
      connector: row.account_id,
      amount: row.amount,
      status: statusOfCall(row),
      outcome: row.outcome,
      detail: row.detail,
      intended: isoTime(row.intended),
      sent: timeOrNull(row.sent),
      observed: timeOrNull(row.observed),
      settled: timeOrNull(row.settled),
    }));
  }

  #page(payment: number, after: number, limit: number): CallRow[] {
    const base = payment * CALLS_PER_PAYMENT;
    return this.#sql
      .exec<CallRow>(
        "SELECT * FROM calls WHERE id > ? AND id < ? ORDER BY id LIMIT ?",
        base + after,
        base + CALLS_PER_PAYMENT,
        limit,
      )
      .toArray();
  }
}

function statusOfCall(row: CallRow): "intended" | "sent" | "observed" | "settled" {
  if (row.settled !== null) return "settled";
  if (row.observed !== null) return "observed";
  return row.sent !== null ? "sent" : "intended";
}

function timeOrNull(at: number | null): string | null {
  return at === null ? null : isoTime(at);
}
