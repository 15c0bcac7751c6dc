import { capturableAmount, currentAttempt } from "../amounts.ts";
import type { PaymentEvent } from "../events.ts";
import type { PaymentState } from "../state.ts";
import { accept, type Decision, refuse, refuseUnlessAllowed } from "./decision.ts";

/** Keys of captures and voids are their attempt's id and an ordinal, short enough for every processor. */
const MAX_CAPTURES = 999;

export function decideCapture(
  state: PaymentState,
  command: { amount: number | null; final: boolean | null },
): Decision {
  const refusal = refuseUnlessAllowed(state, "capture");
  if (refusal !== null) return refusal;
  const left = capturableAmount(state);
  const amount = command.amount ?? left;
  if (amount > left) {
    const message = `At most ${left} can be captured.`;
    return refuse({ code: "amount_too_large", message, param: "amount" });
  }
  if (state.captures.length >= MAX_CAPTURES) {
    return refuse({ code: "parameter_invalid", message: `A payment takes at most ${MAX_CAPTURES} captures.` });
  }
  const final = state.details.captureMethod !== "manual_multiple" || command.final === true || amount === left;
  return accept(captureStarted(state, amount, final));
}

export function captureStarted(state: PaymentState, amount: number, final: boolean): PaymentEvent {
  const attemptId = currentAttempt(state)?.id ?? "";
  const captureKey = `${attemptId}-c${state.captures.length + 1}`;
  return { kind: "captureStarted", captureKey, attemptId, amount, final };
}
