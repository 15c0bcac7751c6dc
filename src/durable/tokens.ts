import type { PaymentMethodView } from "../domain/payment/details.ts";
import { CVC_LIFETIME_MS, type SealedCard } from "./secrets.ts";

const HOUR_MS = 3_600_000;
export const TOKEN_LIFETIME_MS = 24 * HOUR_MS;
/** As long as any idempotency key is remembered: the masked answer, not the card. */
const ANSWER_LIFETIME_MS = 30 * 24 * HOUR_MS;
/** A CVC that was handed out goes by itself if the payment that took it never says that it holds the card. */
const HANDED_OUT_MS = 60_000;
/** Tokens of one housekeeping: an alarm must not become one endless turn. */
const BATCH = 500;

export interface StoredToken {
  view: PaymentMethodView;
  sealed: SealedCard;
  created: number;
}

type TokenRow = {
  id: string;
  view: string;
  /** Null once it was spent or has expired. */
  card: string | null;
  cvc: string | null;
  created: number;
  fingerprint: string | null;
  payment: string | null;
  holds: number;
  due: number;
};

/** Single-use cards. Every method is synchronous: call those that write inside a commit. */
export class Tokens {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(id: string, { view, sealed, created }: StoredToken, fingerprint: string | null): void {
    const due = created + (sealed.cvc === null ? TOKEN_LIFETIME_MS : CVC_LIFETIME_MS);
    this.#sql.exec(
      "INSERT INTO tokens (id, view, card, cvc, created, fingerprint, due) VALUES (?, ?, ?, ?, ?, ?, ?)",
      id,
      JSON.stringify(view),
      sealed.card,
      sealed.cvc,
      created,
      fingerprint,
      due,
    );
  }

  /** Whatever became of it: for the answer that its creation got. */
  recall(id: string): { view: PaymentMethodView; created: number; fingerprint: string | null } | null {
    const row = this.#row(id);
    if (row === null) return null;
    return { view: JSON.parse(row.view) as PaymentMethodView, created: row.created, fingerprint: row.fingerprint };
  }

  /** Null where it could not be taken for this payment; `payment` null: for a new one. */
  find(id: string, payment: string | null, now: number): StoredToken | null {
    const row = this.#row(id);
    if (row === null || row.card === null || now >= row.created + TOKEN_LIFETIME_MS) return null;
    if (row.payment !== null && row.payment !== payment) return null;
    // Alarms may be late; the clock is not.
    const cvc = now < row.due ? row.cvc : null;
    return {
      view: JSON.parse(row.view) as PaymentMethodView,
      sealed: { card: row.card, cvc },
      created: row.created,
    };
  }

  take(id: string, payment: string, now: number): StoredToken | null {
    const found = this.find(id, payment, now);
    if (found === null) return null;
    this.#sql.exec("UPDATE tokens SET payment = ?, holds = holds + 1 WHERE id = ?", payment, id);
    this.#sql.exec("UPDATE tokens SET due = MIN(due, ?) WHERE id = ? AND cvc IS NOT NULL", now + HANDED_OUT_MS, id);
    return found;
  }

  spend(id: string, payment: string): void {
    const row = this.#row(id);
    if (row !== null && row.payment === payment) this.#destroy(row);
  }

  /** Counted, because twins of one request take it together: it is free when none of them has it any more. */
  release(id: string, payment: string): void {
    this.#sql.exec("UPDATE tokens SET holds = holds - 1 WHERE id = ? AND payment = ? AND holds > 0", id, payment);
    this.#sql.exec(
      "UPDATE tokens SET payment = NULL, due = CASE WHEN cvc IS NULL THEN due ELSE created + ? END WHERE id = ? AND payment = ? AND holds = 0 AND card IS NOT NULL",
      CVC_LIFETIME_MS,
      id,
      payment,
    );
  }

  /** Destroys every code and card whose time is over. True where there is more to do. */
  clean(now: number): boolean {
    const rows = this.#sql
      .exec<TokenRow>("SELECT * FROM tokens WHERE due <= ? ORDER BY due LIMIT ?", now, BATCH)
      .toArray();
    for (const row of rows) {
      if (row.card === null) this.#sql.exec("DELETE FROM tokens WHERE id = ?", row.id);
      else if (now >= row.created + TOKEN_LIFETIME_MS) this.#destroy(row);
      else this.#destroyCvc(row);
    }
    return rows.length === BATCH;
  }

  nextAt(): number | null {
    const [row] = this.#sql.exec<{ due: number }>("SELECT due FROM tokens ORDER BY due LIMIT 1").toArray();
    return row?.due ?? null;
  }

  #destroyCvc({ id, created }: TokenRow): void {
    // Overwritten in place first, so that the page's free space does not keep the envelope.
    this.#sql.exec("UPDATE tokens SET cvc = zeroblob(length(cvc)) WHERE id = ? AND cvc IS NOT NULL", id);
    this.#sql.exec("UPDATE tokens SET cvc = NULL, due = ? WHERE id = ?", created + TOKEN_LIFETIME_MS, id);
  }

  #destroy({ id, created, fingerprint }: TokenRow): void {
    this.#sql.exec("UPDATE tokens SET card = zeroblob(length(card)), cvc = zeroblob(length(cvc)) WHERE id = ?", id);
    if (fingerprint === null) this.#sql.exec("DELETE FROM tokens WHERE id = ?", id);
    else {
      const due = created + ANSWER_LIFETIME_MS;
      this.#sql.exec("UPDATE tokens SET card = NULL, cvc = NULL, due = ? WHERE id = ?", due, id);
    }
  }

  #row(id: string): TokenRow | null {
    return this.#sql.exec<TokenRow>("SELECT * FROM tokens WHERE id = ?", id).toArray()[0] ?? null;
  }
}
