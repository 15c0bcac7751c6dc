/** Sums over a payment's attempts, captures and refunds; all in minor units of its currency. */
import type { Attempt, Capture, PaymentState } from "./state.ts";

export function currentAttempt(state: PaymentState): Attempt | null {
  return state.attempts.at(-1) ?? null;
}

/** Confirmed money: captures that the processor has acknowledged. */
export function capturedAmount(state: PaymentState): number {
  return sum(state.captures.filter((capture) => capture.status === "succeeded"));
}

/** Captures that count against the authorisation: confirmed, and those whose outcome is not known yet. */
function spokenFor(state: PaymentState): number {
  return sum(state.captures.filter((capture) => capture.status !== "failed"));
}

/** What a capture may still take; zero where nothing is held any more. */
export function capturableAmount(state: PaymentState): number {
  const attempt = currentAttempt(state);
  if (attempt === null || attempt.status !== "authorized" || state.review === "open" || state.ended !== null) return 0;
  if (isCaptureClosed(state)) return 0;
  return attempt.amount - spokenFor(state);
}

/** Whether a capture that was final, or the whole amount, has succeeded: nothing more will be captured. */
export function isCaptureClosed(state: PaymentState): boolean {
  const attempt = currentAttempt(state);
  if (attempt === null) return false;
  if (state.captures.some((capture) => capture.status === "succeeded" && capture.final)) return true;
  return state.captures.length > 0 && capturedAmount(state) >= attempt.amount;
}

export function refundedAmount(state: PaymentState): number {
  return sum(state.refunds.filter((refund) => refund.status === "succeeded"));
}

/** What a refund may still give back. Sent and pending refunds are reserved. */
export function refundableAmount(state: PaymentState): number {
  return capturedAmount(state) - sum(state.refunds.filter((refund) => refund.status !== "failed"));
}

function sum(parts: readonly Pick<Capture, "amount">[]): number {
  return parts.reduce((total, part) => total + part.amount, 0);
}
