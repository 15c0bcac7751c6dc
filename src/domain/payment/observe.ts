/** What an answer of a processor proves. Pure; an operation that is settled already proves nothing more. */
import type { Approved, Outcome, ProcessorError } from "../outcome.ts";
import { isWorthAnotherProcessor } from "../routing/cascade.ts";
import { nextAttempt } from "./decide/confirm.ts";
import { voidStarted } from "./decide/cancel.ts";
import type { PaymentEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import type { Attempt, OwedCall, PaymentState, Refund } from "./state.ts";

/** How long an authorisation holds where the processor does not say: seven days. */
export const DEFAULT_AUTHORIZATION_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * `key` names the operation that the outcome is about, whoever brought the news: the call's own answer, a look-up, an
 * alarm or a webhook. `at` is the time of the news, ms since 1970.
 */
export function observe(state: PaymentState, key: string, outcome: Outcome, at: number): PaymentEvent[] {
  if (outcome.kind === "unknown") return [];
  const { owed } = state;
  // A message about the attempt also answers the question whether its challenge was passed.
  const isAnswered = owed?.key === key || (owed?.kind === "authenticate" && owed.attemptId === key);
  if (owed !== null && isAnswered) return settleOwed(state, owed, outcome, at);
  const refund = state.refunds.find(({ id, status }) => id === key && (status === "pending" || status === "review"));
  if (refund !== undefined) return observeRefund(state, refund, outcome);
  const attempt = state.attempts.find((candidate) => candidate.id === key);
  if (attempt?.status === "authentication_pending" && owed === null && state.ended === null) {
    return outcome.kind === "challenge" ? [] : observeAttempt(state, attempt, outcome, at);
  }
  return [];
}

function settleOwed(state: PaymentState, owed: OwedCall, outcome: Outcome, at: number): PaymentEvent[] {
  switch (owed.kind) {
    case "attempt":
    case "authenticate": {
      const attempt = state.attempts.find((candidate) => candidate.id === owed.attemptId);
      return attempt === undefined ? [] : observeAttempt(state, attempt, outcome, at);
    }
    case "capture":
      return observeCapture(state, owed, outcome, at);
    case "void":
      return observeVoid(state, owed, outcome);
    case "refund": {
      const refund = state.refunds.find((candidate) => candidate.id === owed.refundId);
      return refund === undefined ? [] : observeRefund(state, refund, outcome);
    }
  }
}

function observeAttempt(state: PaymentState, attempt: Attempt, outcome: Outcome, at: number): PaymentEvent[] {
  const attemptId = attempt.id;
  switch (outcome.kind) {
    case "approved": {
      const conflict = contradiction(state, attempt.amount, outcome);
      if (conflict !== null) return [contradictedEvent(state, attemptId, conflict)];
      return approvedAttempt(attempt, outcome, at);
    }
    case "challenge":
      return [{ kind: "challenged", attemptId, reference: outcome.reference, url: outcome.url }];
    case "declined":
      return failedAttempt(state, attempt, { error: outcome.error, reference: outcome.reference ?? null }, at);
    case "failed":
      return failedAttempt(state, attempt, { error: outcome.error, reference: null }, at);
    case "not_found":
      return outcome.conclusive ? failedAttempt(state, attempt, { error: neverArrived(), reference: null }, at) : [];
    case "conflicted":
      return [contradictedEvent(state, attemptId, outcome.reason)];
    case "pending":
    case "unknown":
      return [];
  }
}

function approvedAttempt(attempt: Attempt, outcome: Approved, at: number): PaymentEvent[] {
  const { reference, amount } = outcome;
  const attemptId = attempt.id;
  if (attempt.kind === "verify") return [{ kind: "verified", attemptId, reference }];
  if (attempt.kind === "charge") return [{ kind: "charged", attemptId, reference, amount }];
  const expiresAt = outcome.expiresAt ?? at + DEFAULT_AUTHORIZATION_MS;
  return [{ kind: "authorized", attemptId, reference, amount, expiresAt }];
}

/** Only here is another processor tried: after a definite no, in the same commit as that no. */
function failedAttempt(
  state: PaymentState,
  attempt: Attempt,
  { error, reference }: { error: ProcessorError; reference: string | null },
  at: number,
): PaymentEvent[] {
  const failed: PaymentEvent = { kind: "attemptFailed", attemptId: attempt.id, reference, error };
  if (!isWorthAnotherProcessor(error)) return [failed];
  const next = nextAttempt(evolve(state, failed, state.id, at));
  return next === null ? [failed] : [failed, next];
}

function observeCapture(
  state: PaymentState,
  owed: OwedCall & { kind: "capture" },
  outcome: Outcome,
  at: number,
): PaymentEvent[] {
  const { key: captureKey } = owed;
  if (outcome.kind === "approved") {
    const conflict = contradiction(state, owed.amount, outcome);
    if (conflict !== null) return [contradictedEvent(state, captureKey, conflict)];
    const captured: PaymentEvent = { kind: "captured", captureKey, reference: outcome.reference, amount: owed.amount };
    return [captured, ...releaseRest(evolve(state, captured, state.id, at), owed.final)];
  }
  return withoutEffect(state, { key: captureKey, outcome }, (error) => ({ kind: "captureFailed", captureKey, error }));
}

/** What a final capture leaves is given back at once, not left to lapse on the customer's statement. */
function releaseRest(state: PaymentState, final: boolean): PaymentEvent[] {
  const attempt = state.attempts.at(-1);
  if (!final || attempt === undefined || attempt.account.releasesRest) return [];
  const release = voidStarted(state, "release", null);
  return release.kind === "voidStarted" && release.amount > 0 ? [release] : [];
}

function observeVoid(state: PaymentState, owed: OwedCall & { kind: "void" }, outcome: Outcome): PaymentEvent[] {
  const { key: voidKey } = owed;
  if (outcome.kind === "approved") return [{ kind: "voided", voidKey }];
  return withoutEffect(state, { key: voidKey, outcome }, (error) => ({ kind: "voidRefused", voidKey, error }));
}

function observeRefund(state: PaymentState, refund: Refund, outcome: Outcome): PaymentEvent[] {
  const { id: refundId } = refund;
  if (outcome.kind === "approved") {
    const conflict = contradiction(state, refund.amount, outcome);
    if (conflict !== null) return [contradictedEvent(state, refundId, conflict)];
    return [{ kind: "refundSucceeded", refundId, reference: outcome.reference }];
  }
  if (outcome.kind === "pending") {
    return refund.status === "pending" ? [] : [{ kind: "refundPending", refundId, reference: outcome.reference }];
  }
  return withoutEffect(state, { key: refundId, outcome }, (error) => ({ kind: "refundFailed", refundId, error }));
}

/** For operations on money that is already held or taken: a definite no, a contradiction, or nothing proven yet. */
function withoutEffect(
  state: PaymentState,
  { key, outcome }: { key: string; outcome: Outcome },
  fail: (error: ProcessorError) => PaymentEvent,
): PaymentEvent[] {
  switch (outcome.kind) {
    case "declined":
    case "failed":
      return [fail(outcome.error)];
    case "not_found":
      return outcome.conclusive ? [fail(neverArrived())] : [];
    case "conflicted":
      return [contradictedEvent(state, key, outcome.reason)];
    default:
      return [];
  }
}

/**
 * What a person has to look at. A refund, or the release of what a final capture left, does not take back what was
 * received: those leave the payment's status alone.
 */
export function contradictedEvent(state: PaymentState, key: string, reason: string): PaymentEvent {
  const { owed } = state;
  if (state.refunds.some((refund) => refund.id === key)) return { kind: "refundInReview", refundId: key, reason };
  if (owed?.kind === "void" && owed.key === key && owed.purpose === "release") {
    return { kind: "voidRefused", voidKey: key, error: { ...neverArrived(), code: "conflicted", message: reason } };
  }
  return { kind: "conflictFound", key, reason };
}

function contradiction(state: PaymentState, asked: number, outcome: Approved): string | null {
  if (outcome.amount === asked && outcome.currency === state.details.currency) return null;
  const { currency } = state.details;
  return `asked for ${asked} ${currency}, the processor says ${outcome.amount} ${outcome.currency}`;
}

function neverArrived(): ProcessorError {
  return {
    code: "processor_error",
    message: "The processor never received the request; nothing was executed.",
    declineCode: null,
    category: "processor_unavailable",
    retryable: true,
    connectorCode: null,
    connectorMessage: null,
  };
}
