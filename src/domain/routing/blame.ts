import type { DeclineCategory, Outcome } from "../outcome.ts";

/** How a processor answered: an approval and a decline are both good answers. */
export type Answer = "approved" | "declined" | "error" | "timeout";

/** Null where there was no answer to judge: only a look-up finds nothing, and a contradiction is for a person. */
export function answerOf(outcome: Outcome): Answer | null {
  switch (outcome.kind) {
    case "approved":
    case "pending":
    case "challenge":
      return "approved";
    case "declined":
      return "declined";
    case "failed":
      // The processor understood and refused what it does not offer: it is well.
      return outcome.error.category === "not_supported" ? "declined" : "error";
    case "unknown":
      return "timeout";
    case "not_found":
    case "conflicted":
      return null;
  }
}

/**
 * Whether a decline says something about the processor. What is about the card or its holder (lost, stolen, expired,
 * mistyped, without funds, suspected) would have been declined anywhere.
 */
const IS_ABOUT_PROCESSOR: Record<DeclineCategory, boolean> = {
  do_not_honor: true,
  processor_unavailable: true,
  not_supported: true,
  other: true,
  insufficient_funds: false,
  lost_or_stolen: false,
  expired_card: false,
  incorrect_cvc: false,
  invalid_card: false,
  fraud: false,
  authentication_failed: false,
};

/** Whether the outcome of an authorisation counts as the processor's success or failure; null: as neither. */
export function creditOf(outcome: Outcome): boolean | null {
  if (outcome.kind === "approved") return true;
  if (outcome.kind === "unknown") return false;
  if (outcome.kind === "declined" || outcome.kind === "failed") {
    return IS_ABOUT_PROCESSOR[outcome.error.category] ? false : null;
  }
  return null;
}
