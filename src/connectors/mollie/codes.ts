/** Mollie's statuses and failure reasons, and what they mean in ours. */
import type { DeclineCode } from "../declines.ts";

/** `status` of a payment: payments API v2. */
export type PaymentStatus = "open" | "canceled" | "pending" | "authorized" | "expired" | "failed" | "paid";

export const PAYMENT_STATUSES: Readonly<Record<PaymentStatus, "open" | "pending" | "held" | "paid" | "declined">> = {
  open: "open",
  pending: "pending",
  authorized: "held",
  paid: "paid",
  canceled: "declined",
  expired: "declined",
  failed: "declined",
};

export type Settlement = "approved" | "pending" | "declined";

/** `status` of a capture: captures API v2. */
export const CAPTURE_STATUSES: Readonly<Record<"pending" | "succeeded" | "failed", Settlement>> = {
  pending: "pending",
  succeeded: "approved",
  failed: "declined",
};

/** `status` of a refund: refunds API v2. `queued` waits for the merchant's balance. */
export const REFUND_STATUSES: Readonly<
  Record<"queued" | "pending" | "processing" | "refunded" | "failed" | "canceled", Settlement>
> = {
  queued: "pending",
  pending: "pending",
  processing: "pending",
  refunded: "approved",
  failed: "declined",
  canceled: "declined",
};

/** `details.failureReason` of a card payment. */
const FAILURE_REASONS: Readonly<Record<string, DeclineCode>> = {
  authentication_abandoned: "authentication_failed",
  authentication_failed: "authentication_failed",
  authentication_required: "authentication_required",
  authentication_unavailable_acs: "authentication_failed",
  card_declined: "do_not_honor",
  card_expired: "expired_card",
  inactive_card: "invalid_account",
  insufficient_funds: "insufficient_funds",
  invalid_card_holder_name: "invalid_account",
  invalid_card_number: "incorrect_number",
  invalid_card_type: "card_not_supported",
  invalid_cvv: "incorrect_cvc",
  possible_fraud: "fraudulent",
  refused_by_issuer: "do_not_honor",
  unknown_reason: "other",
};

/** Why a payment was not made; without a reason, its status is the reason. */
export function failureDecline(status: string, reason: string | null): DeclineCode {
  if (reason !== null && Object.hasOwn(FAILURE_REASONS, reason)) return FAILURE_REASONS[reason] ?? "other";
  return status === "canceled" ? "customer_cancelled" : status === "expired" ? "payment_expired" : "other";
}

/** Null for a word that Mollie has added since. */
export function meaningIn<T>(table: Readonly<Record<string, T>>, word: string | null): T | null {
  return word !== null && Object.hasOwn(table, word) ? (table[word] ?? null) : null;
}
