import type { PaymentDetails, PaymentMethodView } from "../details.ts";
import type { PaymentState } from "../state.ts";
import { decideCancel } from "./cancel.ts";
import { decideCapture } from "./capture.ts";
import { decideConfirm, type Preparation } from "./confirm.ts";
import type { Decision } from "./decision.ts";
import { decideRefund } from "./refund.ts";
import { decideApprove, decideReject } from "./review.ts";
import { decideUpdate } from "./update.ts";

/** What a merchant may ask of a payment that exists. */
export type ActionCommand =
  | { type: "update" | "confirm"; changes: Partial<PaymentDetails>; method: { view: PaymentMethodView } | null }
  | { type: "capture"; amount: number | null; final: boolean | null }
  | { type: "cancel"; reason: string | null }
  | { type: "approve" }
  | { type: "reject" }
  | { type: "refund"; amount: number | null; reason: string | null; metadata: Record<string, string> };

/** `preparation`: for a confirm, where to and whether somebody should look first. */
export function decideAction(
  state: PaymentState,
  action: ActionCommand,
  { preparation }: { preparation: Preparation | null },
): Decision {
  switch (action.type) {
    case "update":
      return decideUpdate(state, { changes: action.changes, method: action.method?.view ?? null });
    case "confirm":
      return decideConfirm(state, { changes: action.changes, method: action.method?.view ?? null, preparation });
    case "capture":
      return decideCapture(state, action);
    case "cancel":
      return decideCancel(state, action);
    case "approve":
      return decideApprove(state);
    case "reject":
      return decideReject(state);
    case "refund":
      return decideRefund(state, action);
  }
}
