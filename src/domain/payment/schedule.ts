import { currentAttempt } from "./amounts.ts";
import type { PaymentState } from "./state.ts";
import { statusOf } from "./status.ts";

const UNCONFIRMED_LIFETIME_MS = 24 * 60 * 60 * 1000;
export const CHALLENGE_LIFETIME_MS = 15 * 60 * 1000;

/** When the payment runs out if nobody does anything, ms since 1970; null: it does not. */
export function nextExpiryAt(state: PaymentState): number | null {
  switch (statusOf(state)) {
    case "requires_payment_method":
    case "requires_confirmation":
      return state.created + UNCONFIRMED_LIFETIME_MS;
    case "requires_customer_action":
    case "requires_merchant_action":
    case "requires_capture":
    case "partially_captured_and_capturable":
      return currentAttempt(state)?.expiresAt ?? null;
    default:
      return null;
  }
}

/** Whether a card may still be needed: no attempt has taken or held the money, and none has failed for good. */
export function isAwaitingAuthorization(state: PaymentState): boolean {
  if (state.ended !== null || state.conflict !== null) return false;
  const attempt = currentAttempt(state);
  return attempt === null || attempt.status === "pending" || attempt.status === "authentication_pending";
}
