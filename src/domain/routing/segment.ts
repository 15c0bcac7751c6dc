import type { PaymentDetails, PaymentMethodView } from "../payment/details.ts";
import type { ReadField } from "./match.ts";

/** Approved and all outcomes of each segment that a payment belongs to, widest first. */
export type SegmentCounts = readonly (readonly [approved: number, outcomes: number])[];

/** A number of outcomes that the wider segment's rate counts as, within the narrower. */
const WIDER_COUNTS_AS = 20;
/** An account nobody knows anything about is expected to be good, so that it is tried. */
const PRIOR = { rate: 0.95, countsAs: 10 };

/**
 * The segments of a payment, widest first: everything; method and brand; with the currency; with the country and the
 * order of magnitude of the amount. `*` stands for what it lacks.
 */
export function segmentsOf(
  details: Pick<PaymentDetails, "amount" | "currency" | "billing">,
  method: PaymentMethodView,
): string[] {
  return segmentNames({
    method: method.type,
    brand: method.card?.brand ?? method.provider,
    currency: details.currency,
    country: details.billing?.country,
    amount: details.amount,
  });
}

/** What segments are made of. */
export const SEGMENT_FIELDS = [
  "amount",
  "currency",
  "paymentMethod",
  "paymentMethodType",
  "card.brand",
  "billing.country",
];

/** The same from fields as rules read them. */
export function segmentsFrom(read: ReadField): string[] {
  const text = (name: string) => {
    const value = read(name);
    return typeof value === "string" ? value : undefined;
  };
  const amount = read("amount");
  const isCard = text("paymentMethod") === "card";
  return segmentNames({
    method: text("paymentMethod") ?? "*",
    brand: isCard ? text("card.brand") : text("paymentMethodType"),
    currency: text("currency") ?? "*",
    country: text("billing.country"),
    amount: typeof amount === "number" ? amount : 0,
  });
}

function segmentNames(parts: {
  method: string;
  brand: string | undefined;
  currency: string;
  country: string | undefined;
  amount: number;
}): string[] {
  const method = `${parts.method}|${parts.brand ?? "*"}`;
  const currency = `${method}|${parts.currency}`;
  return ["*", method, currency, `${currency}|${parts.country ?? "*"}|${magnitude(parts.amount)}`];
}

/** Powers of ten of the minor unit, with all below 1000 and all from 1 000 000 on as one each. */
function magnitude(amount: number): number {
  return Math.min(Math.max(String(Math.trunc(amount)).length, 3), 7);
}

/**
 * The expected rate of approval: each segment's own rate, pulled towards the next wider one's while it has few
 * outcomes. Rounded to 1e-6, so that it is the same on every machine.
 */
export function expectedRate(counts: SegmentCounts): number {
  let { rate, countsAs } = PRIOR;
  for (const [approved, outcomes] of counts) {
    rate = (approved + countsAs * rate) / (outcomes + countsAs);
    countsAs = WIDER_COUNTS_AS;
  }
  return Math.round(rate * 1e6) / 1e6;
}
