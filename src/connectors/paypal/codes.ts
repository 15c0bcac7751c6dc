/** PayPal's statuses, issues, processor codes and event types, and what they mean in ours. */
import type { DeclineCode } from "../declines.ts";

/** `status` of an order: orders v2. */
export type OrderStatus = "CREATED" | "SAVED" | "APPROVED" | "VOIDED" | "COMPLETED" | "PAYER_ACTION_REQUIRED";

/** `open`: the payer has to act, or to finish acting; `ready`: they have, and nothing is taken before we ask for it. */
export const ORDER_STATUSES: Readonly<Record<OrderStatus, "open" | "ready" | "void" | "done">> = {
  CREATED: "open",
  SAVED: "open",
  PAYER_ACTION_REQUIRED: "open",
  APPROVED: "ready",
  VOIDED: "void",
  COMPLETED: "done",
};

export type Settlement = "approved" | "pending" | "declined";

/** `status` of a capture, an authorization and a refund: payments v2. What was given back later had been taken. */
export const CAPTURE_STATUSES: Readonly<Record<string, Settlement>> = {
  COMPLETED: "approved",
  PARTIALLY_REFUNDED: "approved",
  REFUNDED: "approved",
  PENDING: "pending",
  DECLINED: "declined",
  FAILED: "declined",
};

export const AUTHORIZATION_STATUSES: Readonly<Record<string, Settlement>> = {
  CREATED: "approved",
  CAPTURED: "approved",
  PARTIALLY_CAPTURED: "approved",
  PENDING: "pending",
  DENIED: "declined",
  VOIDED: "declined",
};

export const REFUND_STATUSES: Readonly<Record<string, Settlement>> = {
  COMPLETED: "approved",
  PENDING: "pending",
  CANCELLED: "declined",
  FAILED: "declined",
};

export function meaningIn<T>(table: Readonly<Record<string, T>>, code: string | null): T | null {
  return code !== null && Object.hasOwn(table, code) ? (table[code] ?? null) : null;
}

/** Issues of a refused request that say something of the payer or the card; all others are about the request. */
export const ISSUES: Readonly<Record<string, DeclineCode>> = {
  AGREEMENT_ALREADY_CANCELLED: "stop_payment",
  ALIAS_DECLINED_BY_PROCESSOR: "do_not_honor",
  BILLING_ADDRESS_INVALID: "incorrect_address",
  CARD_BRAND_NOT_SUPPORTED: "card_not_supported",
  CARD_EXPIRED: "expired_card",
  COMPLIANCE_VIOLATION: "fraudulent",
  DECLINED_DUE_TO_RELATED_TXN: "do_not_honor",
  DOMESTIC_TRANSACTION_REQUIRED: "transaction_not_allowed",
  INSTRUMENT_DECLINED: "do_not_honor",
  INVALID_EXPIRY_DATE: "expired_card",
  INVALID_SECURITY_CODE_LENGTH: "incorrect_cvc",
  MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED: "too_many_tries",
  PAYEE_BLOCKED_TRANSACTION: "fraudulent",
  PAYER_ACCOUNT_LOCKED_OR_CLOSED: "invalid_account",
  PAYER_ACCOUNT_RESTRICTED: "restricted_card",
  PAYER_CANNOT_PAY: "do_not_honor",
  PAYMENT_SOURCE_CANNOT_BE_USED: "card_not_supported",
  PAYMENT_SOURCE_DECLINED_BY_PROCESSOR: "do_not_honor",
  PAYMENT_SOURCE_INFO_CANNOT_BE_VERIFIED: "incorrect_cvc",
  REDIRECT_PAYER_FOR_ALTERNATE_FUNDING: "do_not_honor",
  REFERENCED_CARD_EXPIRED: "expired_card",
  TRANSACTION_BLOCKED_BY_PAYEE: "fraudulent",
  TRANSACTION_LIMIT_EXCEEDED: "limit_exceeded",
  TRANSACTION_REFUSED: "do_not_honor",
};

/** Issues of a request that is not needed any more, or not yet: the order itself says what is the case. */
export const ASK_ISSUES: ReadonlySet<string> = new Set([
  "ORDER_ALREADY_AUTHORIZED",
  "ORDER_ALREADY_CAPTURED",
  "ORDER_COMPLETED_OR_VOIDED",
  "ORDER_NOT_APPROVED",
  "PAYER_ACTION_REQUIRED",
]);

/** Issues that leave open what became of an earlier request: of a twin, or of our own under the same invoice number. */
export const UNCERTAIN_ISSUES: ReadonlySet<string> = new Set([
  "DUPLICATE_INVOICE_ID",
  "ORDER_COMPLETION_IN_PROGRESS",
  "PREVIOUS_REQUEST_IN_PROGRESS",
]);

/** `processor_response.response_code` of card payments: orders v2, by meaning. 0000 is no decline. */
const PROCESSOR_CODES: Partial<Record<DeclineCode, string>> = {
  do_not_honor: "0500 10BR 1000 5100 5140 9540 PPRN",
  call_issuer: "0100 9530",
  insufficient_funds: "5120",
  limit_exceeded: "5710 PPAX PPDT PPEL PPNL",
  lost_card: "9520",
  pickup_card: "5150",
  expired_card: "5400 1380 PPEF PPEX",
  incorrect_cvc: "00N7 5110 1382 PCVV PPC2",
  incorrect_number: "0390 1330 1335 6300 7800",
  invalid_account: "1352 5900 5930 5950 PP06 PPFE PPFI",
  incorrect_pin: "0890 5130 5500 7900",
  too_many_tries: "5135",
  incorrect_address: "5170 5190 PPAD PPAV",
  restricted_card: "5180 PPAB PPFR",
  card_not_supported: "PPAE PPCT PPDI PPMC PPPM PPSE",
  transaction_not_allowed:
    "1312 1317 1340 1350 1360 1370 1384 1390 1393 5210 5700 7600 8020 8030 PPAG PPAU PPBG PPCE PPCO PPDC PPGR PPNC PPNM " +
    "PPPH PPPI PPQC PPRE PPRF PPRR PPTT PPUA PPUE PPUI PPUP PPUR PPVT",
  currency_not_supported: "1320 PPCU PPS4 PPUC PPVC",
  invalid_amount: "1310 PPAI PPS6",
  fraudulent: "0580 5160 9500 9510 PPSC",
  stop_payment: "0R00",
  duplicate: "5200 PPIF",
  issuer_unavailable: "5910 5920",
  processing_error:
    "0800 0880 0960 1300 5800 8000 8010 8100 8110 8220 9100 9600 PCNR PPAR PPCR PPDV PPER PPFV PPH1 PPII PPIM PPIT PPLR " +
    "PPLS PPMB PPMD PPNT PPS0 PPS1 PPS2 PPS3 PPS5 PPSD PPTE PPTF PPTI PPTR PPTV PPVE",
  authentication_required: "5650",
  authentication_failed: "7700 7710 PPD3",
};

const BY_PROCESSOR_CODE = new Map<string, DeclineCode>();
for (const [decline, codes] of Object.entries(PROCESSOR_CODES) as [DeclineCode, string][]) {
  for (const code of codes.split(" ")) BY_PROCESSOR_CODE.set(code, decline);
}

/** Null for a code that is no decline, or that PayPal has added since. */
export function processorDecline(code: string | null): DeclineCode | null {
  return code === null ? null : (BY_PROCESSOR_CODE.get(code) ?? null);
}

/**
 * `event_type` of webhooks about payments. Each carries the resource as it is now, so it is read like an answer; all
 * other events are hints.
 */
export const EVENTS: Readonly<Record<string, "capture" | "authorization" | "refund" | "order">> = {
  "CHECKOUT.ORDER.APPROVED": "order",
  "CHECKOUT.ORDER.COMPLETED": "order",
  "CHECKOUT.ORDER.DECLINED": "order",
  "CHECKOUT.ORDER.SAVED": "order",
  "CHECKOUT.ORDER.VOIDED": "order",
  "CHECKOUT.PAYMENT-APPROVAL.REVERSED": "order",
  "PAYMENT.AUTHORIZATION.CREATED": "authorization",
  "PAYMENT.AUTHORIZATION.VOIDED": "authorization",
  "PAYMENT.CAPTURE.COMPLETED": "capture",
  "PAYMENT.CAPTURE.DECLINED": "capture",
  "PAYMENT.CAPTURE.DENIED": "capture",
  "PAYMENT.CAPTURE.PENDING": "capture",
  "PAYMENT.CAPTURE.REFUNDED": "refund",
  "PAYMENT.CAPTURE.REVERSED": "refund",
  "PAYMENT.REFUND.FAILED": "refund",
  "PAYMENT.REFUND.PENDING": "refund",
};
