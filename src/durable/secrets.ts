import { type RevealedCard, CardSecret } from "../vault/card.ts";
import { seal, unseal } from "../vault/seal.ts";
import type { CardView } from "../domain/payment/details.ts";

/** A card at rest: two envelopes, so that the verification code can go before the number does. */
export interface SealedCard {
  card: string;
  cvc: string | null;
}

/** The longest that a verification code may stand, even sealed. */
export const CVC_LIFETIME_MS = 15 * 60 * 1000;

/** `id`: of what holds it, a payment, a token or a saved method. */
export async function sealCard(masterKey: string, id: string, card: RevealedCard): Promise<SealedCard> {
  const { cvc, ...rest } = card;
  const [sealed, sealedCvc] = await Promise.all([
    seal(masterKey, JSON.stringify(rest), `card:${id}`),
    cvc === null ? null : seal(masterKey, cvc, `cvc:${id}`),
  ]);
  return { card: sealed, cvc: sealedCvc };
}

/** Throws where it was sealed for another id. */
export async function openCard(masterKey: string, id: string, sealed: SealedCard): Promise<RevealedCard> {
  const [card, cvc] = await Promise.all([
    unseal(masterKey, sealed.card, `card:${id}`),
    sealed.cvc === null ? null : unseal(masterKey, sealed.cvc, `cvc:${id}`),
  ]);
  return { ...(JSON.parse(card) as Omit<RevealedCard, "cvc">), cvc };
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
  find(payment: number): SealedCard | null {
    const rows = this.#sql.exec<{ card: string; cvc: string | null }>(
      "SELECT card, cvc FROM secrets WHERE payment = ?",
      payment,
    );
    return rows.toArray()[0] ?? null;
  }

  async open(payment: number, paymentId: string, view: CardView): Promise<CardSecret | null> {
    const sealed = this.find(payment);
    return sealed === null ? null : new CardSecret(await openCard(this.#masterKey, paymentId, sealed), view);
  }
}
