import { currentAttempt } from "../amounts.ts";
import type { PaymentEvent, VoidPurpose } from "../events.ts";
import type { PaymentState } from "../state.ts";
import { accept, type Decision, refuseUnlessAllowed } from "./decision.ts";

/** Voids at the processor where something is held or a challenge stands open; else only our own word is needed. */
export function decideCancel(state: PaymentState, command: { reason: string | null }): Decision {
  const refusal = refuseUnlessAllowed(state, "cancel");
  if (refusal !== null) return refusal;
  const attempt = currentAttempt(state);
  const isHeld = attempt !== null && (attempt.status === "authorized" || attempt.status === "authentication_pending");
  if (!isHeld) return accept({ kind: "cancelled", reason: command.reason });
  return accept(voidStarted(state, "cancel", command.reason));
}

export function voidStarted(state: PaymentState, purpose: VoidPurpose, reason: string | null): PaymentEvent {
  const attempt = currentAttempt(state);
  if (attempt === null) throw new Error(`${state.id} has nothing to void`);
  return {
    kind: "voidStarted",
    voidKey: `${attempt.id}-v${state.voids + 1}`,
    attemptId: attempt.id,
    amount: heldAmount(state),
    purpose,
    reason,
  };
}

/** Authorised and not captured, also where no capture is allowed any more. */
function heldAmount(state: PaymentState): number {
  const attempt = currentAttempt(state);
  if (attempt?.status !== "authorized") return 0;
  const taken = state.captures.reduce((sum, capture) => sum + (capture.status === "failed" ? 0 : capture.amount), 0);
  return attempt.amount - taken;
}
