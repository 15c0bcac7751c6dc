/** Checkout.com's statuses, response codes and event types, and what they mean in ours. */
import type { DeclineCode } from "../declines.ts";

/** `status` of a payment: the published schema's, and those that the documentation has added since. */
export type PaymentStatus =
  | "Pending"
  | "Authorized"
  | "Card Verified"
  | "Voided"
  | "Partially Captured"
  | "Captured"
  | "Partially Refunded"
  | "Refunded"
  | "Declined"
  | "Canceled"
  | "Expired"
  | "Paid"
  | "Returned"
  | "Retry Scheduled";

/**
 * - `captured`: money was taken, whatever was given back of it later.
 * - `gone`: nothing is held and nothing was taken, without a decline.
 * - `payout`: money that goes the other way, which we never ask for.
 */
export type StatusMeaning = "pending" | "held" | "verified" | "captured" | "declined" | "gone" | "payout";

export const STATUSES: Readonly<Record<PaymentStatus, StatusMeaning>> = {
  Pending: "pending",
  "Retry Scheduled": "pending",
  Authorized: "held",
  "Card Verified": "verified",
  "Partially Captured": "captured",
  Captured: "captured",
  "Partially Refunded": "captured",
  Refunded: "captured",
  Declined: "declined",
  Voided: "gone",
  Canceled: "gone",
  Expired: "gone",
  Paid: "payout",
  Returned: "payout",
};

/** Null for a status that Checkout.com has added since. */
export function statusMeaning(status: string): StatusMeaning | null {
  return Object.hasOwn(STATUSES, status) ? (STATUSES[status as PaymentStatus] ?? null) : null;
}

/** Of what is `gone`. */
export function goneDecline(status: string): DeclineCode {
  return status === "Canceled" ? "customer_cancelled" : status === "Expired" ? "payment_expired" : "other";
}

/** `response_code` where it says no: Checkout.com's documentation, "API response codes". */
export const RESPONSE_CODES: Readonly<Record<string, DeclineCode>> = {
  20001: "call_issuer",
  20002: "call_issuer",
  20003: "transaction_not_allowed",
  20004: "pickup_card",
  20005: "do_not_honor",
  20006: "processing_error",
  20009: "processing_error",
  20012: "transaction_not_allowed",
  20013: "invalid_amount",
  20014: "incorrect_number",
  20017: "customer_cancelled",
  20018: "do_not_honor",
  20019: "processing_error",
  20020: "processing_error",
  20021: "processing_error",
  20022: "processing_error",
  20023: "invalid_amount",
  20024: "processing_error",
  20025: "processing_error",
  20026: "processing_error",
  20027: "processing_error",
  20028: "processing_error",
  20029: "processing_error",
  20030: "processing_error",
  20031: "card_not_supported",
  20032: "processing_error",
  20038: "too_many_tries",
  20039: "invalid_account",
  20040: "transaction_not_allowed",
  20042: "invalid_account",
  20044: "invalid_account",
  20046: "do_not_honor",
  20051: "insufficient_funds",
  20052: "invalid_account",
  20053: "invalid_account",
  20054: "expired_card",
  20055: "incorrect_pin",
  20056: "invalid_account",
  20057: "transaction_not_allowed",
  20058: "transaction_not_allowed",
  20059: "fraudulent",
  20060: "call_issuer",
  20061: "limit_exceeded",
  20062: "restricted_card",
  20063: "fraudulent",
  20064: "fraudulent",
  20065: "limit_exceeded",
  20066: "call_issuer",
  20067: "pickup_card",
  20068: "issuer_unavailable",
  20072: "invalid_account",
  20075: "too_many_tries",
  20078: "restricted_card",
  20081: "card_not_supported",
  20082: "incorrect_cvc",
  20083: "invalid_account",
  20084: "processing_error",
  20085: "processing_error",
  20086: "processing_error",
  20087: "incorrect_cvc",
  20088: "processing_error",
  20089: "processing_error",
  20090: "issuer_unavailable",
  20091: "issuer_unavailable",
  20092: "issuer_unavailable",
  20093: "transaction_not_allowed",
  20094: "duplicate",
  20095: "processing_error",
  20096: "processing_error",
  20097: "processing_error",
  20098: "processing_error",
  20099: "do_not_honor",
  20100: "expired_card",
  20101: "invalid_account",
  20102: "transaction_not_allowed",
  20103: "card_not_supported",
  20104: "processing_error",
  20105: "fraudulent",
  20106: "currency_not_supported",
  20107: "incorrect_address",
  20108: "invalid_account",
  20109: "other",
  20110: "other",
  20111: "other",
  20112: "transaction_not_allowed",
  20113: "transaction_not_allowed",
  20114: "transaction_not_allowed",
  20115: "transaction_not_allowed",
  20116: "invalid_account",
  20117: "transaction_not_allowed",
  20118: "transaction_not_allowed",
  20119: "invalid_amount",
  20120: "transaction_not_allowed",
  20121: "transaction_not_allowed",
  20123: "transaction_not_allowed",
  20124: "transaction_not_allowed",
  20150: "card_not_supported",
  20151: "authentication_failed",
  20152: "authentication_failed",
  20153: "authentication_failed",
  20154: "authentication_required",
  20155: "authentication_failed",
  20156: "transaction_not_allowed",
  20157: "transaction_not_allowed",
  20158: "other",
  20159: "authentication_failed",
  20179: "invalid_account",
  20182: "do_not_honor",
  20183: "fraudulent",
  30004: "pickup_card",
  30007: "pickup_card",
  30015: "incorrect_number",
  30016: "transaction_not_allowed",
  30033: "expired_card",
  30034: "fraudulent",
  30035: "call_issuer",
  30036: "restricted_card",
  30037: "call_issuer",
  30038: "too_many_tries",
  30041: "lost_card",
  30043: "stolen_card",
  30044: "transaction_not_allowed",
  30045: "transaction_not_allowed",
  30046: "invalid_account",
  40101: "fraudulent",
  40201: "fraudulent",
  40202: "fraudulent",
  40203: "fraudulent",
  40204: "fraudulent",
  40205: "fraudulent",
};

/** 10xxx: the request was done. */
export function isApproval(code: string | null): boolean {
  return code !== null && /^10\d{3}$/.test(code);
}

/** A code that is not in the table is judged by its family alone: 40xxx is their risk engine's. */
export function responseDecline(code: string | null): DeclineCode {
  if (code === null) return "other";
  if (Object.hasOwn(RESPONSE_CODES, code)) return RESPONSE_CODES[code] ?? "other";
  return /^40\d{3}$/.test(code) ? "fraudulent" : "other";
}

/**
 * `type` of an event. What settles a capture, void or refund names it; everything about a payment as a whole is a hint,
 * since only the payment itself says whether it was held or taken.
 */
export type EventMeaning = { about: "capture" | "void" | "refund"; isSuccess: boolean } | "declined" | "hint";

export const EVENTS: Readonly<Record<string, EventMeaning>> = {
  payment_captured: { about: "capture", isSuccess: true },
  payment_capture_declined: { about: "capture", isSuccess: false },
  payment_voided: { about: "void", isSuccess: true },
  payment_void_declined: { about: "void", isSuccess: false },
  payment_refunded: { about: "refund", isSuccess: true },
  payment_refund_declined: { about: "refund", isSuccess: false },
  payment_declined: "declined",
  card_verification_declined: "declined",
  payment_approved: "hint",
  payment_authentication_failed: "hint",
  payment_authorization_incremented: "hint",
  payment_authorization_increment_declined: "hint",
  payment_canceled: "hint",
  payment_capture_pending: "hint",
  payment_chargeback: "hint",
  payment_compliance_review: "hint",
  payment_expired: "hint",
  payment_instrument_created: "hint",
  payment_instrument_error: "hint",
  payment_instrument_verification_failed: "hint",
  payment_instrument_verification_passed: "hint",
  payment_paid: "hint",
  payment_pending: "hint",
  payment_refund_pending: "hint",
  payment_retrieval: "hint",
  payment_returned: "hint",
  card_verified: "hint",
  dispute_accepted: "hint",
  dispute_arbitration_lost: "hint",
  dispute_arbitration_won: "hint",
  dispute_canceled: "hint",
  dispute_evidence_acknowledged_by_scheme: "hint",
  dispute_evidence_required: "hint",
  dispute_evidence_submitted: "hint",
  dispute_expired: "hint",
  dispute_lost: "hint",
  dispute_received: "hint",
  dispute_resolved: "hint",
  dispute_won: "hint",
};

/** What Checkout.com may add tomorrow is a hint too. */
export function eventMeaning(type: string): EventMeaning {
  return Object.hasOwn(EVENTS, type) ? (EVENTS[type] ?? "hint") : "hint";
}
