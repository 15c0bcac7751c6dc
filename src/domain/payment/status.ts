import type { PaymentStatus } from "../rejection.ts";
import { capturedAmount, currentAttempt, isCaptureClosed } from "./amounts.ts";
import type { Attempt, PaymentState } from "./state.ts";

/** A pure function of the attempts and amounts: never stored, so it cannot disagree with them. */
export function statusOf(state: PaymentState): PaymentStatus {
  const attempt = currentAttempt(state);
  if (state.conflict !== null) return "conflicted";
  if (state.ended !== null) return capturedAmount(state) > 0 ? "partially_captured" : state.ended;
  if (attempt === null) return state.method === null ? "requires_payment_method" : "requires_confirmation";
  if (isUndecided(state)) return "processing";
  return statusOfAttempt(state, attempt);
}

/** A refund in flight, or the release of what a final capture left, changes nothing about what was received. */
function isUndecided(state: PaymentState): boolean {
  const { owed } = state;
  return owed !== null && owed.kind !== "refund" && !(owed.kind === "void" && owed.purpose === "release");
}

function statusOfAttempt(state: PaymentState, attempt: Attempt): PaymentStatus {
  switch (attempt.status) {
    case "pending":
      return "processing";
    case "authentication_pending":
      return "requires_customer_action";
    case "verified":
    case "charged":
      return "succeeded";
    case "failed":
    case "voided":
      return "failed";
    case "expired":
      return "expired";
    case "conflicted":
      return "conflicted";
    case "authorized":
      return statusOfAuthorization(state, attempt);
  }
}

function statusOfAuthorization(state: PaymentState, attempt: Attempt): PaymentStatus {
  const captured = capturedAmount(state);
  if (state.review === "open") return "requires_merchant_action";
  if (captured >= attempt.amount) return "succeeded";
  if (isCaptureClosed(state)) return "partially_captured";
  return captured > 0 ? "partially_captured_and_capturable" : "requires_capture";
}
