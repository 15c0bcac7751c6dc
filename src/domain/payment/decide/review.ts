import { capturableAmount } from "../amounts.ts";
import type { PaymentState } from "../state.ts";
import { voidStarted } from "./cancel.ts";
import { captureStarted } from "./capture.ts";
import { accept, type Decision, refuseUnlessAllowed } from "./decision.ts";

/** The money is held; with automatic capture, approval takes it. */
export function decideApprove(state: PaymentState): Decision {
  const refusal = refuseUnlessAllowed(state, "approve");
  if (refusal !== null) return refusal;
  const approved = { kind: "reviewApproved" } as const;
  if (state.details.captureMethod !== "automatic") return accept(approved);
  return accept(approved, captureStarted(state, capturableAmount({ ...state, review: "approved" }), true));
}

export function decideReject(state: PaymentState): Decision {
  const refusal = refuseUnlessAllowed(state, "reject");
  return refusal ?? accept(voidStarted(state, "reject", "rejected in review"));
}
