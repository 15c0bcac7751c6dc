import type { DeclineCategory, ProcessorError } from "../outcome.ts";

/**
 * Whether a decline at one processor could be an approval at another. What the card itself is (lost, stolen, expired,
 * mistyped, fraudulent) is the same everywhere, and card schemes penalise asking again.
 */
const WORTH_ANOTHER_PROCESSOR: Record<DeclineCategory, boolean> = {
  insufficient_funds: true,
  do_not_honor: true,
  processor_unavailable: true,
  not_supported: true,
  other: true,
  lost_or_stolen: false,
  expired_card: false,
  incorrect_cvc: false,
  invalid_card: false,
  fraud: false,
  authentication_failed: false,
};

/** An issuer's "do not try again" holds whatever its category. */
export function isWorthAnotherProcessor({ category, retryable }: ProcessorError): boolean {
  return retryable && WORTH_ANOTHER_PROCESSOR[category];
}
