import { childId, maxChildren } from "../../ids.ts";
import type { RoutePlan } from "../../routing/plan.ts";
import type { Screening } from "../../fraud/assess.ts";
import { currentAttempt } from "../amounts.ts";
import type { PaymentDetails, PaymentMethodView } from "../details.ts";
import type { AccountRef, AttemptKind, PaymentEvent } from "../events.ts";
import type { PaymentState } from "../state.ts";
import { accept, type Decision, refuse, refuseUnlessAllowed } from "./decision.ts";
import { mergeChanges } from "./update.ts";

/** What the shell found out before it asks for a decision: where to, and whether somebody should look first. */
export interface Preparation {
  plan: RoutePlan;
  screening: Screening;
  origin: string;
  /** `pm_…`, where the card is to be kept for its customer. */
  saveAs?: string;
}

export interface ConfirmCommand {
  changes: Partial<PaymentDetails>;
  method: PaymentMethodView | null;
  /** Null where the payment has no method, so that there is nothing to route. */
  preparation: Preparation | null;
}

export function decideConfirm(state: PaymentState, command: ConfirmCommand): Decision {
  const refusal = refuseUnlessAllowed(state, "confirm");
  if (refusal !== null) return refusal;
  const { method, preparation } = command;
  const { changes, rejection } = mergeChanges(state.details, command.changes);
  if (rejection !== null) return refuse(rejection);
  const events: PaymentEvent[] = [];
  if (Object.keys(changes).length > 0 || method !== null) events.push({ kind: "updated", changes, method });
  if (preparation === null) {
    return refuse({ code: "parameter_missing", message: "The payment has no payment method.", param: "paymentMethod" });
  }
  const [account] = preparation.plan.candidates;
  if (account === undefined) return refuse(noEligibleConnector(preparation.plan));
  return accept(...events, firstAttempt(state.id, { ...state.details, ...changes }, account, preparation));
}

export function noEligibleConnector(plan: RoutePlan) {
  const reasons = plan.excluded.map(({ label, reason }) => `${label}: ${reason}`).join("; ");
  const message = `No connector account can take this payment${reasons === "" ? "." : ` (${reasons}).`}`;
  return { code: "no_eligible_connector" as const, message };
}

export function firstAttempt(
  paymentId: string,
  details: PaymentDetails,
  account: AccountRef,
  { plan, screening, origin, saveAs }: Preparation,
): PaymentEvent {
  return {
    kind: "attemptStarted",
    attemptId: childId("att", paymentId, 1),
    account,
    attempt: attemptKind(details, screening.decision === "review"),
    amount: details.amount,
    review: screening.decision === "review",
    plan,
    origin,
    ...(saveAs === undefined ? {} : { saveAs }),
  };
}

/** Money under review is only held: a person decides whether it is taken. */
function attemptKind(details: PaymentDetails, review: boolean): AttemptKind {
  if (details.amount === 0) return "verify";
  return details.captureMethod === "automatic" && !review ? "charge" : "authorize";
}

/** The same money at the plan's next account; null where the plan is used up. */
export function nextAttempt(state: PaymentState): PaymentEvent | null {
  const last = currentAttempt(state);
  const tried = state.attempts.length;
  const account = state.plan?.candidates[tried];
  if (last === null || account === undefined || tried >= (state.plan?.maxAttempts ?? 1)) return null;
  if (tried >= maxChildren("att")) return null;
  return {
    kind: "attemptStarted",
    attemptId: childId("att", state.id, tried + 1),
    account,
    attempt: last.kind,
    amount: last.amount,
    review: last.review,
    plan: null,
    origin: last.origin,
  };
}
