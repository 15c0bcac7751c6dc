import type { ProcessorError } from "../outcome.ts";
import type { PaymentEvent } from "./events.ts";
import { CHALLENGE_LIFETIME_MS } from "./schedule.ts";
import type { Attempt, Capture, OwedCall, PaymentState, Refund } from "./state.ts";

/** Folds one event into the state. Total: every event that was ever written must fold, whatever the state. */
export function evolve(state: PaymentState | null, event: PaymentEvent, id: string, at: number): PaymentState {
  if (event.kind === "created") return created(event, id, at);
  if (state === null) throw new Error(`the log of ${id} does not start with its creation`);
  return { ...apply(state, event, at), version: state.version + 1, updated: at };
}

function created(event: PaymentEvent & { kind: "created" }, id: string, at: number): PaymentState {
  return {
    id,
    owner: event.owner,
    version: 1,
    created: at,
    updated: at,
    details: event.details,
    method: event.method,
    saveAs: null,
    savedMethod: null,
    plan: null,
    attempts: [],
    captures: [],
    voids: 0,
    refunds: [],
    owed: null,
    review: "none",
    ended: null,
    conflict: null,
    lastError: null,
    metadataVersion: 1,
  };
}

function apply(state: PaymentState, event: Exclude<PaymentEvent, { kind: "created" }>, at: number): PaymentState {
  switch (event.kind) {
    case "updated":
      return {
        ...state,
        details: { ...state.details, ...event.changes },
        method: event.method ?? state.method,
        metadataVersion: event.changes.metadata === undefined ? state.metadataVersion : state.version + 1,
      };
    case "attemptStarted": {
      const attempt: Attempt = {
        id: event.attemptId,
        account: event.account,
        kind: event.attempt,
        status: "pending",
        amount: event.amount,
        reference: null,
        error: null,
        created: at,
        url: null,
        expiresAt: null,
        review: event.review,
        origin: event.origin,
        returns: 0,
      };
      const owed: OwedCall = { kind: "attempt", key: event.attemptId, since: at, attemptId: event.attemptId };
      return {
        ...state,
        plan: event.plan ?? state.plan,
        saveAs: event.saveAs ?? (event.plan === null ? state.saveAs : null),
        attempts: [...state.attempts, attempt],
        owed,
        lastError: null,
      };
    }
    case "challenged":
      return settleAttempt(state, event.attemptId, {
        status: "authentication_pending",
        reference: event.reference,
        url: event.url,
        expiresAt: at + CHALLENGE_LIFETIME_MS,
      });
    case "authenticationStarted": {
      const { attemptId, returned } = event;
      const returns = (state.attempts.find(({ id }) => id === attemptId)?.returns ?? 0) + 1;
      const owed: OwedCall = { kind: "authenticate", key: `${attemptId}-a${returns}`, since: at, attemptId, returned };
      return { ...withAttempt(state, attemptId, { status: "pending", returns }), owed };
    }
    case "verified":
      return approved(state, event.attemptId, { status: "verified", reference: event.reference });
    case "authorized":
      return authorized(state, event);
    case "charged": {
      const capture: Capture = {
        key: event.attemptId,
        attemptId: event.attemptId,
        amount: event.amount,
        final: true,
        status: "succeeded",
        reference: event.reference,
      };
      const settled = approved(state, event.attemptId, { status: "charged", reference: event.reference });
      return { ...settled, captures: [...state.captures, capture] };
    }
    case "attemptFailed": {
      const change: Partial<Attempt> = { status: "failed", error: event.error };
      if (event.reference !== null) change.reference = event.reference;
      return { ...settleAttempt(state, event.attemptId, change), lastError: event.error };
    }
    case "reviewApproved":
      return { ...state, review: "approved" };
    case "captureStarted": {
      const { captureKey: key, attemptId, amount, final } = event;
      const capture: Capture = { key, attemptId, amount, final, status: "pending", reference: null };
      const owed: OwedCall = { kind: "capture", key, since: at, attemptId, amount, final };
      return { ...state, captures: [...state.captures, capture], owed, lastError: null };
    }
    case "captured":
      return {
        ...withCapture(state, event.captureKey, { status: "succeeded", reference: event.reference }),
        owed: null,
      };
    case "captureFailed":
      return { ...withCapture(state, event.captureKey, { status: "failed" }), owed: null, lastError: event.error };
    case "voidStarted": {
      const { voidKey: key, attemptId, amount, purpose, reason } = event;
      const owed: OwedCall = { kind: "void", key, since: at, attemptId, amount, purpose, reason };
      return { ...state, voids: state.voids + 1, owed };
    }
    case "voided":
      return voided(state);
    case "voidRefused":
      return { ...state, owed: null, lastError: event.error };
    case "cancelled":
      return { ...state, ended: "cancelled" };
    case "expired":
      return expired(state);
    case "conflictFound":
      return { ...state, owed: null, conflict: event.reason };
    case "refundStarted":
      return refundStarted(state, event, at);
    case "refundPending":
      return settleRefund(state, event.refundId, { status: "pending", reference: event.reference });
    case "refundSucceeded":
      return settleRefund(state, event.refundId, { status: "succeeded", reference: event.reference });
    case "refundFailed":
      return settleRefund(state, event.refundId, { status: "failed", error: event.error });
    case "refundInReview":
      return settleRefund(state, event.refundId, { status: "review" });
  }
}

/** Money that a person has to look at is held, and the payment waits for that person. */
function authorized(state: PaymentState, event: PaymentEvent & { kind: "authorized" }): PaymentState {
  const { attemptId, reference, expiresAt } = event;
  const isReviewed = state.attempts.some(({ id, review }) => id === attemptId && review);
  const held = approved(state, attemptId, { status: "authorized", reference, expiresAt });
  return isReviewed ? { ...held, review: "open" } : held;
}

function voided(state: PaymentState): PaymentState {
  const { owed } = state;
  if (owed?.kind !== "void") throw new Error(`${state.id} was voided without being asked to`);
  const settled = settleAttempt(state, owed.attemptId, { status: "voided" });
  switch (owed.purpose) {
    case "release":
      return { ...state, owed: null };
    case "cancel":
      return { ...settled, ended: "cancelled" };
    case "expire":
      return { ...expired(state), owed: null };
    case "reject":
      return { ...settled, review: "rejected", lastError: REJECTED };
  }
}

const REJECTED: ProcessorError = {
  code: "rejected_in_review",
  message: "The payment was rejected in review.",
  declineCode: null,
  category: "fraud",
  retryable: false,
  connectorCode: null,
  connectorMessage: null,
};

function expired(state: PaymentState): PaymentState {
  const attempt = state.attempts.at(-1);
  const lapsed = attempt === undefined ? state : withAttempt(state, attempt.id, { status: "expired", url: null });
  return { ...lapsed, ended: "expired" };
}

function refundStarted(state: PaymentState, event: PaymentEvent & { kind: "refundStarted" }, at: number): PaymentState {
  const { refundId: id, amount, reason, metadata } = event;
  const refund: Refund = { id, amount, reason, metadata, status: "sent", reference: null, error: null, created: at };
  const attemptId = state.attempts.at(-1)?.id ?? "";
  const owed: OwedCall = { kind: "refund", key: id, since: at, attemptId, refundId: id, amount };
  return { ...state, refunds: [...state.refunds, refund], owed };
}

/** A change to an attempt that also answers the call that was owed for it. */
function settleAttempt(state: PaymentState, id: string, change: Partial<Attempt>): PaymentState {
  return { ...withAttempt(state, id, { url: null, ...change }), owed: null };
}

/** Only a card that its issuer has approved is worth keeping. */
function approved(state: PaymentState, id: string, change: Partial<Attempt>): PaymentState {
  return { ...settleAttempt(state, id, change), savedMethod: state.saveAs };
}

/** A pending refund settles long after its call was answered, perhaps while another call is owed. */
function settleRefund(state: PaymentState, id: string, change: Partial<Refund>): PaymentState {
  const refunds = state.refunds.map((refund) => (refund.id === id ? { ...refund, ...change } : refund));
  return { ...state, refunds, owed: state.owed?.key === id ? null : state.owed };
}

function withAttempt(state: PaymentState, id: string, change: Partial<Attempt>): PaymentState {
  const attempts = state.attempts.map((attempt) => (attempt.id === id ? { ...attempt, ...change } : attempt));
  return { ...state, attempts };
}

function withCapture(state: PaymentState, key: string, change: Partial<Capture>): PaymentState {
  const captures = state.captures.map((capture) => (capture.key === key ? { ...capture, ...change } : capture));
  return { ...state, captures };
}
