import type { PaymentStatus, Rejection } from "../../rejection.ts";
import type { PaymentEvent } from "../events.ts";
import { isAllowed, OPERATIONS, type Operation } from "../operations.ts";
import type { PaymentState } from "../state.ts";
import { statusOf } from "../status.ts";

/** What a command leads to: events to append, or our refusal. */
export type Decision = { ok: true; events: PaymentEvent[] } | { ok: false; rejection: Rejection };

export function accept(...events: PaymentEvent[]): Decision {
  return { ok: true, events };
}

export function refuse(rejection: Rejection): Decision {
  return { ok: false, rejection };
}

/** The refusal that holds for every operation in the wrong status, or while a call is out; null: go on. */
export function refuseUnlessAllowed(state: PaymentState, operation: Operation): Decision | null {
  if (state.owed !== null) return refuse(inProgress());
  const status = statusOf(state);
  return isAllowed(operation, status) ? null : refuse(wrongStatus(operation, status));
}

export function wrongStatus(operation: Operation, status: PaymentStatus): Rejection {
  const { allowed } = OPERATIONS[operation];
  const message = `A payment that is ${status} cannot be ${PAST_TENSE[operation]}.`;
  return { code: "payment_state_invalid", message, status, allowed };
}

const PAST_TENSE: Record<Operation, string> = {
  update: "updated",
  confirm: "confirmed",
  capture: "captured",
  cancel: "cancelled",
  approve: "approved",
  reject: "rejected",
  refund: "refunded",
};

function inProgress(): Rejection {
  return {
    code: "operation_in_progress",
    message: "Another operation on this payment has been sent to its processor and has not come back yet.",
    retryAfterSeconds: 1,
  };
}
