import { childId, maxChildren } from "../../ids.ts";
import { refundableAmount } from "../amounts.ts";
import type { PaymentState } from "../state.ts";
import { accept, type Decision, refuse, refuseUnlessAllowed } from "./decision.ts";

export interface RefundCommand {
  /** Null: all that is left. */
  amount: number | null;
  reason: string | null;
  metadata: Record<string, string>;
}

/** The amount is reserved by the event itself, before anything is sent: concurrent refunds cannot exceed the capture. */
export function decideRefund(state: PaymentState, { amount, reason, metadata }: RefundCommand): Decision {
  const refusal = refuseUnlessAllowed(state, "refund");
  if (refusal !== null) return refusal;
  const left = refundableAmount(state);
  if (amount === null ? left === 0 : amount > left) {
    const message = left === 0 ? "Nothing is left to refund." : `At most ${left} can be refunded.`;
    return refuse({ code: "amount_too_large", message, param: "amount" });
  }
  const ordinal = state.refunds.length + 1;
  if (ordinal > maxChildren("re")) {
    return refuse({ code: "parameter_invalid", message: `A payment takes at most ${maxChildren("re")} refunds.` });
  }
  const refundId = childId("re", state.id, ordinal);
  return accept({ kind: "refundStarted", refundId, amount: amount ?? left, reason, metadata });
}
