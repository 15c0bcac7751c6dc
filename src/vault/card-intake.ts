/** From what a merchant wrote about a card to what we show of it and what a processor needs. */
import { brandOf, passesLuhn } from "../domain/payment/card-number.ts";
import type { CardView, PaymentMethodView } from "../domain/payment/details.ts";
import type { Mode } from "../domain/mode.ts";
import type { RevealedCard } from "./card.ts";
import { keyedHash } from "./keys.ts";

/** As validated for its shape: digits, spaces and ranges. */
export interface CardInput {
  number: string;
  /** 1–12 */
  expiryMonth: number;
  /** Two or four digits. */
  expiryYear: number;
  cvc?: string;
  holderName?: string;
}

/** The card that `paymentMethod: {}` means in test mode. */
export const DEFAULT_TEST_NUMBER = "4242424242424242";

/** Funding follows from the issuer's range, and no free table of ranges exists; test cards are the sandbox's own. */
function fundingOf(number: string, mode: Mode): CardView["funding"] {
  if (mode === "live") return "unknown";
  return number === "4000056655665556" ? "debit" : "credit";
}

export function stripSpaces(number: string): string {
  return number.replaceAll(" ", "");
}

export function fullYear(year: number): number {
  return year < 100 ? 2000 + year : year;
}

/** A problem of a card's number; null where it may be a card's. Never quotes it. */
export function findNumberProblem(number: string): string | null {
  const digits = stripSpaces(number);
  if (!/^\d{12,19}$/.test(digits)) return "must be 12 to 19 digits, with or without spaces";
  return passesLuhn(digits) ? null : "is not a card number: its check digit is wrong";
}

/** What is wrong between a card's members, each right by itself. `now`: ms since 1970. */
export function findCardProblems(card: CardInput, now: number): { member: keyof CardInput; message: string }[] {
  const problems: { member: keyof CardInput; message: string }[] = [];
  const today = new Date(now);
  const year = fullYear(card.expiryYear);
  // A card is good until its month ends everywhere; the issuer's time zone is not known, so UTC-12 counts.
  const afterExpiry = Date.UTC(year, card.expiryMonth, 1, 12);
  if (year < today.getUTCFullYear()) problems.push({ member: "expiryYear", message: "is in the past" });
  else if (now >= afterExpiry) problems.push({ member: "expiryMonth", message: "is in the past" });
  else if (year > today.getUTCFullYear() + 50) problems.push({ member: "expiryYear", message: "is too far away" });
  return problems;
}

/** `{}` as a payment method in test mode. `now`: ms since 1970. */
export function defaultTestCard(now: number): CardInput {
  return { number: DEFAULT_TEST_NUMBER, expiryMonth: 12, expiryYear: new Date(now).getUTCFullYear() + 1, cvc: "123" };
}

export interface CardOwner {
  masterKey: string;
  merchantId: string;
  mode: Mode;
}

/** The card for the processor, and its mask for everything else. `input` has no problems. */
export function takeCard(input: CardInput, owner: CardOwner): { view: PaymentMethodView; card: RevealedCard } {
  const number = stripSpaces(input.number);
  const expiryYear = fullYear(input.expiryYear);
  const funding = fundingOf(number, owner.mode);
  const view: CardView = {
    brand: brandOf(number),
    last4: number.slice(-4),
    first6: number.slice(0, 6),
    expiryMonth: input.expiryMonth,
    expiryYear,
    funding,
    fingerprint: keyedHash(owner.masterKey, "card-fingerprint", `${owner.merchantId}\n${number}`)
      .toString("hex")
      .slice(0, 32),
  };
  return {
    view: { type: "card", paymentMethodType: funding === "unknown" ? "credit" : funding, card: view },
    card: {
      number,
      expiryMonth: input.expiryMonth,
      expiryYear,
      cvc: input.cvc ?? null,
      holderName: input.holderName ?? null,
    },
  };
}
