import { type RevealedCard, CardSecret } from "../vault/card.ts";
import { seal, unseal } from "../vault/seal.ts";
import type { CardView } from "../domain/payment/details.ts";

/** A card as it stands in the shard: two envelopes, so that the verification code can go before the number does. */
export interface SealedCard {
  card: string;
  cvc: string | null;
}

/** The longest that a verification code may stand, even sealed. */
export const CVC_LIFETIME_MS = 15 * 60 * 1000;

export async function sealCard(masterKey: string, paymentId: string, card: RevealedCard): Promise<SealedCard> {
  const { cvc, ...rest } = card;
  const [sealed, sealedCvc] = await Promise.all([
    seal(masterKey, JSON.stringify(rest), `card:${paymentId}`),
    cvc === null ? null : seal(masterKey, cvc, `cvc:${paymentId}`),
  ]);
  return { card: sealed, cvc: sealedCvc };
}

/** Cards between intent and outcome, sealed, so that a crash can be recovered from. */
export class Secrets {
  readonly #sql: SqlStorage;
  readonly #masterKey: string;

  constructor(sql: SqlStorage, masterKey: string) {
    this.#sql = sql;
    this.#masterKey = masterKey;
  }

  put(payment: number, { card, cvc }: SealedCard, at: number): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO secrets (payment, card, cvc, created) VALUES (?, ?, ?, ?)",
      payment,
      card,
      cvc,
      at,
    );
  }

  /** Overwritten in place before it goes, so that the page's free space does not keep the envelope. */
  forgetCvc(payment: number): void {
    this.#sql.exec("UPDATE secrets SET cvc = zeroblob(length(cvc)) WHERE payment = ? AND cvc IS NOT NULL", payment);
    this.#sql.exec("UPDATE secrets SET cvc = NULL WHERE payment = ?", payment);
  }

  /** When the oldest verification code has stood for as long as it may. Few rows: cards stand here while in flight. */
  nextExpiryAt(): number | null {
    const row = this.#sql
      .exec<{ oldest: number | null }>("SELECT MIN(created) AS oldest FROM secrets WHERE cvc IS NOT NULL")
      .one();
    return row.oldest === null ? null : row.oldest + CVC_LIFETIME_MS;
  }

  forgetExpiredCvcs(now: number): void {
    const expired = this.#sql
      .exec<{ payment: number }>(
        "SELECT payment FROM secrets WHERE cvc IS NOT NULL AND created <= ?",
        now - CVC_LIFETIME_MS,
      )
      .toArray();
    for (const { payment } of expired) this.forgetCvc(payment);
  }

  forget(payment: number): void {
    this.#sql.exec(
      "UPDATE secrets SET card = zeroblob(length(card)), cvc = zeroblob(length(cvc)) WHERE payment = ?",
      payment,
    );
    this.#sql.exec("DELETE FROM secrets WHERE payment = ?", payment);
  }

  /** Null once it has been forgotten. */
  async open(payment: number, paymentId: string, view: CardView): Promise<CardSecret | null> {
    const [row] = this.#sql
      .exec<{ card: string; cvc: string | null }>("SELECT card, cvc FROM secrets WHERE payment = ?", payment)
      .toArray();
    if (row === undefined) return null;
    const [card, cvc] = await Promise.all([
      unseal(this.#masterKey, row.card, `card:${paymentId}`),
      row.cvc === null ? null : unseal(this.#masterKey, row.cvc, `cvc:${paymentId}`),
    ]);
    return new CardSecret({ ...(JSON.parse(card) as Omit<RevealedCard, "cvc">), cvc }, view);
  }
}
