/** Adyen's result codes, refusal reasons and event codes, and what they mean in ours. */
import type { DeclineCode } from "../declines.ts";

/** `resultCode` of Checkout API v72 (`PaymentResponse`, `PaymentDetailsResponse`). */
export type ResultCode =
  | "AuthenticationFinished"
  | "AuthenticationNotRequired"
  | "Authorised"
  | "Cancelled"
  | "ChallengeShopper"
  | "Error"
  | "IdentifyShopper"
  | "PartiallyAuthorised"
  | "Pending"
  | "PresentToShopper"
  | "Received"
  | "RedirectShopper"
  | "Refused"
  | "Success";

/**
 * - `final`: the money is held or taken; `partial`: less of it than was asked for.
 * - `native`: 3DS inside a page of Adyen's own library, which nobody here has open.
 * - `unasked`: belongs to a flow that we never start, so it proves nothing.
 */
export type ResultMeaning = "final" | "partial" | "refused" | "failed" | "redirect" | "native" | "waiting" | "unasked";

export const RESULTS: Readonly<Record<ResultCode, ResultMeaning>> = {
  Authorised: "final",
  PartiallyAuthorised: "partial",
  Refused: "refused",
  Cancelled: "refused",
  Error: "failed",
  RedirectShopper: "redirect",
  ChallengeShopper: "native",
  IdentifyShopper: "native",
  Pending: "waiting",
  PresentToShopper: "waiting",
  Received: "waiting",
  AuthenticationFinished: "unasked",
  AuthenticationNotRequired: "unasked",
  Success: "unasked",
};

/** Null for a code that Adyen has added since. */
export function resultMeaning(code: string): ResultMeaning | null {
  return Object.hasOwn(RESULTS, code) ? (RESULTS[code as ResultCode] ?? null) : null;
}

/** `refusalReasonCode`: Adyen's documentation, "Refusal reasons". Numbers that are missing there are missing here. */
export const REFUSALS: Readonly<Record<string, DeclineCode>> = {
  2: "do_not_honor",
  3: "call_issuer",
  4: "processing_error",
  5: "restricted_card",
  6: "expired_card",
  7: "invalid_amount",
  8: "incorrect_number",
  9: "issuer_unavailable",
  10: "card_not_supported",
  11: "authentication_failed",
  12: "insufficient_funds",
  14: "fraudulent",
  15: "customer_cancelled",
  16: "customer_cancelled",
  17: "incorrect_pin",
  18: "too_many_tries",
  19: "incorrect_pin",
  20: "fraudulent",
  21: "processing_error",
  22: "fraudulent",
  23: "transaction_not_allowed",
  24: "incorrect_cvc",
  25: "restricted_card",
  26: "stop_payment",
  27: "do_not_honor",
  28: "limit_exceeded",
  29: "limit_exceeded",
  31: "fraudulent",
  32: "incorrect_address",
  33: "incorrect_pin",
  34: "invalid_account",
  35: "invalid_account",
  36: "incorrect_pin",
  37: "card_not_supported",
  38: "authentication_required",
  39: "authentication_failed",
  40: "card_not_supported",
  41: "incorrect_pin",
  42: "authentication_failed",
  43: "incorrect_pin",
  44: "card_not_supported",
  45: "card_not_supported",
  46: "too_many_tries",
  50: "invalid_account",
};

export function refusalDecline(code: string | null): DeclineCode {
  return code !== null && Object.hasOwn(REFUSALS, code) ? (REFUSALS[code] ?? "other") : "other";
}

/** `errorCode` of a refused request that may all the same be under way: "already processed or in progress". */
export const IN_PROGRESS = "704";

/**
 * `eventCode` of the standard webhooks v1. The four operations are settled by their event; the `_failed` kinds always
 * carry `success: true` and mean the opposite; a `hint` says that something changed which no call of ours asked for.
 */
export type EventMeaning = "attempt" | "capture" | "void" | "refund" | "capture_failed" | "refund_failed" | "hint";

export const EVENTS: Readonly<Record<string, EventMeaning>> = {
  AUTHORISATION: "attempt",
  CAPTURE: "capture",
  CANCELLATION: "void",
  TECHNICAL_CANCEL: "void",
  CANCEL_OR_REFUND: "void",
  REFUND: "refund",
  CAPTURE_FAILED: "capture_failed",
  REFUND_FAILED: "refund_failed",
  REFUNDED_REVERSED: "refund_failed",
  ACH_NOTIFICATION_OF_CHANGE: "hint",
  AUTHORISATION_ADJUSTMENT: "hint",
  AUTORESCUE: "hint",
  CANCEL_AUTORESCUE: "hint",
  CHARGEBACK: "hint",
  CHARGEBACK_REVERSED: "hint",
  DIRECT_DEBIT_NOTICE_OF_CHANGE_NOTIFICATION: "hint",
  DISPUTE_DEFENSE_PERIOD_ENDED: "hint",
  EXPIRE: "hint",
  INFORMATION_SUPPLIED: "hint",
  ISSUER_COMMENTS: "hint",
  ISSUER_RESPONSE_TIMEFRAME_EXPIRED: "hint",
  MANUAL_REVIEW_ACCEPT: "hint",
  MANUAL_REVIEW_REJECT: "hint",
  NOTIFICATION_OF_CHARGEBACK: "hint",
  NOTIFICATION_OF_FRAUD: "hint",
  OFFER_CLOSED: "hint",
  ORDER_CLOSED: "hint",
  ORDER_OPENED: "hint",
  PAIDOUT_REVERSED: "hint",
  PAYOUT_DECLINE: "hint",
  PAYOUT_EXPIRE: "hint",
  PAYOUT_THIRDPARTY: "hint",
  POSTPONED_REFUND: "hint",
  PREARBITRATION_ACCEPTED: "hint",
  PREARBITRATION_DECLINED: "hint",
  PREARBITRATION_ISSUER_WITHDRAWN: "hint",
  PREARBITRATION_LOST: "hint",
  PREARBITRATION_OPEN: "hint",
  PREARBITRATION_WON: "hint",
  RECURRING_CONTRACT: "hint",
  REFUND_WITH_DATA: "hint",
  REPORT_AVAILABLE: "hint",
  REQUEST_FOR_INFORMATION: "hint",
  SCHEME_ARBITRATION: "hint",
  SCHEME_ARBITRATION_LOST: "hint",
  SCHEME_ARBITRATION_WON: "hint",
  SECOND_CHARGEBACK: "hint",
  VOID_PENDING_REFUND: "hint",
};

/** What Adyen may add tomorrow is a hint too. */
export function eventMeaning(code: string): EventMeaning {
  return Object.hasOwn(EVENTS, code) ? (EVENTS[code] ?? "hint") : "hint";
}
