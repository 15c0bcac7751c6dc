/** What processors' reasons mean in our words: one entry a meaning, so that all connectors say the same of the same. */
import type { DeclineCategory, Outcome, ProcessorError } from "../domain/outcome.ts";
import type { CallKind } from "./connector.ts";

interface Meaning {
  code: string;
  category: DeclineCategory;
  retryable: boolean;
  message: string;
}

function declined(category: DeclineCategory, retryable: boolean, message: string): Meaning {
  return { code: "card_declined", category, retryable, message };
}

const DECLINES = {
  do_not_honor: declined("do_not_honor", true, "The payment was declined by the issuer."),
  call_issuer: declined("do_not_honor", true, "The issuer asks the customer to get in touch with it."),
  insufficient_funds: declined("insufficient_funds", true, "The account has insufficient funds."),
  limit_exceeded: declined("insufficient_funds", true, "The payment exceeds a limit of the account."),
  lost_card: declined("lost_or_stolen", false, "The card was reported lost."),
  stolen_card: declined("lost_or_stolen", false, "The card was reported stolen."),
  pickup_card: declined("lost_or_stolen", false, "The issuer wants the card withdrawn."),
  expired_card: declined("expired_card", false, "The card has expired."),
  incorrect_cvc: declined("incorrect_cvc", false, "The card's security code is incorrect."),
  incorrect_number: declined("invalid_card", false, "The card's number is invalid."),
  invalid_account: declined("invalid_card", false, "The card or its account is not valid."),
  incorrect_pin: declined("other", false, "The card's PIN is incorrect, or cannot be entered here."),
  incorrect_address: declined("other", false, "The billing address does not match the card."),
  restricted_card: declined("not_supported", true, "The card is restricted."),
  card_not_supported: declined("not_supported", true, "The card does not support this payment."),
  transaction_not_allowed: declined("not_supported", true, "The payment is not permitted for this card or merchant."),
  currency_not_supported: declined("not_supported", true, "The currency is not supported for this payment."),
  invalid_amount: declined("other", false, "The amount is not valid for this payment."),
  fraudulent: declined("fraud", false, "The payment is suspected of fraud."),
  stop_payment: declined("do_not_honor", false, "The customer has revoked their consent."),
  too_many_tries: declined("do_not_honor", false, "There were too many tries with this card."),
  duplicate: declined("other", false, "The processor takes this for a duplicate of another payment."),
  issuer_unavailable: declined("processor_unavailable", true, "The issuer could not be reached."),
  processing_error: declined("processor_unavailable", true, "The payment could not be processed."),
  customer_cancelled: {
    ...{ code: "customer_cancelled", category: "other", retryable: false },
    message: "The customer cancelled the payment.",
  },
  payment_expired: {
    ...{ code: "payment_expired", category: "other", retryable: false },
    message: "The customer did not complete the payment in time.",
  },
  authentication_required: {
    ...{ code: "authentication_required", category: "authentication_failed", retryable: true },
    message: "The issuer asks the customer to authenticate.",
  },
  authentication_failed: {
    ...{ code: "authentication_failed", category: "authentication_failed", retryable: false },
    message: "The customer did not pass authentication.",
  },
  other: declined("other", false, "The processor declined."),
} as const satisfies Record<string, Meaning>;

export type DeclineCode = keyof typeof DECLINES;

/** `connectorCode` and `connectorMessage`: as the processor wrote them. */
export function declineError(
  declineCode: DeclineCode,
  connectorCode: string | null,
  connectorMessage: string | null,
): ProcessorError {
  const { code, message, category, retryable } = DECLINES[declineCode];
  const shown = code === "card_declined" ? declineCode : null;
  return {
    code,
    message,
    declineCode: shown,
    category,
    retryable,
    connectorCode: cut(connectorCode),
    connectorMessage: cut(connectorMessage),
  };
}

const REFUSALS: Partial<Record<CallKind, { code: string; message: string }>> = {
  capture: { code: "capture_refused", message: "The processor refused the capture." },
  void: { code: "void_refused", message: "The processor refused to void the authorisation." },
  refund: { code: "refund_refused", message: "The processor refused the refund." },
};

/** Of a definite no to a request: the processor says that it executed nothing. */
export function refusalError(
  kind: CallKind,
  connectorCode: string | null,
  connectorMessage: string | null,
): ProcessorError {
  const { code, message } = REFUSALS[kind] ?? {
    code: "processor_error",
    message: "The processor refused the request.",
  };
  return {
    ...{ code, message, declineCode: null, category: "other", retryable: false },
    connectorCode: cut(connectorCode),
    connectorMessage: cut(connectorMessage),
  };
}

/** Nothing was sent: the processor has no way to be asked for this. */
export function unsupported(message: string): Outcome {
  return { kind: "failed", error: unsupportedError(message) };
}

export function unsupportedError(message: string): ProcessorError {
  const code = "not_supported";
  return {
    ...{ code, message, declineCode: null, category: code, retryable: false },
    ...{ connectorCode: null, connectorMessage: null },
  };
}

/** What looks like a card's number, with the separators that people and systems write into it. */
const CARD_NUMBER = /\d(?:[ -]?\d){11,18}/g;

/** A processor may quote the request that it refuses. */
function cut(text: string | null): string | null {
  return text === null ? null : text.replace(CARD_NUMBER, "[redacted]").slice(0, 255);
}
