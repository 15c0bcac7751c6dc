import type { Rejection } from "../domain/rejection.ts";
import type { IdempotencyClaim } from "./shard-api.ts";

/**
 * First answers, by idempotency key. An answer is not stored as bytes but as the version it showed: a payment is a
 * fold over its log, so folding to that version renders the same bytes again.
 */
export interface Answer {
  payment: number;
  status: 200 | 201;
  /** The refund that the answer showed, where it was not the payment. */
  refundId: string | null;
  /** Null: the operation has not come to its end; whoever asks waits, or drives it there. */
  version: number | null;
}

type AnswerRow = {
  payment: number;
  fingerprint: ArrayBuffer;
  status: 200 | 201;
  refund_id: string | null;
  version: number | null;
};

export class Answers {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The claim's earlier answer; null where the key is new; a rejection where it was used for something else. */
  find(claim: IdempotencyClaim): Answer | Rejection | null {
    const [row] = this.#sql.exec<AnswerRow>("SELECT * FROM answers WHERE name = ?", digest(claim.name)).toArray();
    if (row === undefined) return null;
    if (!digest(claim.fingerprint).equals(Buffer.from(row.fingerprint))) return keyReused();
    return { payment: row.payment, status: row.status, refundId: row.refund_id, version: row.version };
  }

  /** In the transaction that executes the request. `version` null: it is not answered yet. */
  claim(claim: IdempotencyClaim, answer: Answer, at: number): void {
    this.#sql.exec(
      "INSERT INTO answers (name, payment, fingerprint, created, status, refund_id, version) VALUES (?, ?, ?, ?, ?, ?, ?)",
      digest(claim.name),
      answer.payment,
      digest(claim.fingerprint),
      at,
      answer.status,
      answer.refundId,
      answer.version,
    );
  }

  /** The operation has come to its end, or to its processor's time limit: this is what its request is answered. */
  pin(payment: number, version: number): void {
    this.#sql.exec("UPDATE answers SET version = ? WHERE payment = ? AND version IS NULL", version, payment);
  }
}

export function isRejection(found: Answer | Rejection): found is Rejection {
  return "code" in found;
}

/** 128 bits of the keyed hash are enough to tell keys apart. */
function digest(hex: string): Buffer {
  return Buffer.from(hex.slice(0, 32), "hex");
}

function keyReused(): Rejection {
  return {
    code: "idempotency_key_reused",
    message: "This Idempotency-Key was used before with a different request.",
    param: "Idempotency-Key",
  };
}
