/** The processor's codes and what they mean in ours. Total: a code that is not here is still a decline. */
import type { DeclineCategory, ProcessorError } from "../../domain/outcome.ts";

interface Meaning {
  code: string;
  message: string;
  declineCode: string | null;
  category: DeclineCategory;
  retryable: boolean;
}

function declined(declineCode: string, category: DeclineCategory, message: string, retryable = true): Meaning {
  return { code: "card_declined", message, declineCode, category, retryable };
}

function refused(code: string, message: string): Meaning {
  return { code, message, declineCode: null, category: "other", retryable: false };
}

const UNAUTHENTICATED = {
  code: "authentication_failed",
  declineCode: null,
  category: "authentication_failed",
  retryable: false,
} as const;

const MEANINGS: Readonly<Record<string, Meaning>> = {
  "05": declined("do_not_honor", "do_not_honor", "The card was declined."),
  "51": declined("insufficient_funds", "insufficient_funds", "The card has insufficient funds."),
  "41": declined("lost_card", "lost_or_stolen", "The card was reported lost.", false),
  "43": declined("stolen_card", "lost_or_stolen", "The card was reported stolen.", false),
  "54": declined("expired_card", "expired_card", "The card has expired.", false),
  N7: declined("incorrect_cvc", "incorrect_cvc", "The card's security code is incorrect.", false),
  auth_rejected: { ...UNAUTHENTICATED, message: "The customer did not pass authentication." },
  auth_lapsed: { ...UNAUTHENTICATED, message: "The customer did not complete authentication in time." },
  withdrawn: { ...UNAUTHENTICATED, message: "The authentication was withdrawn before it was completed." },
  lapsed: refused("capture_refused", "The authorisation has expired."),
  nothing_held: refused("nothing_held", "The processor holds nothing of this payment."),
  over_hold: refused("capture_refused", "The capture exceeds what is authorised."),
  void_refused: refused("void_refused", "The processor refused to void the authorisation."),
  over_taken: refused("refund_refused", "The refund exceeds what was captured."),
  refund_failed: refused("refund_failed", "The refund failed at the processor."),
};

const OTHER: Meaning = declined("other", "other", "The processor declined.", false);

/** Of a NO. */
export function declineError(why: string): ProcessorError {
  const meaning = Object.hasOwn(MEANINGS, why) ? (MEANINGS[why] ?? OTHER) : OTHER;
  return { ...meaning, connectorCode: why, connectorMessage: null };
}

/** Of a definite error: the processor says that it executed nothing. */
export function faultError(fault: string, status: number): ProcessorError {
  const isTheirs = status >= 500;
  return {
    code: "processor_error",
    message: isTheirs ? "The processor failed and executed nothing." : "The processor refused the request.",
    declineCode: null,
    category: isTheirs ? "processor_unavailable" : "other",
    retryable: isTheirs || fault === "key_withdrawn",
    connectorCode: fault,
    connectorMessage: null,
  };
}
