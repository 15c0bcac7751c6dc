import { capturedAmount } from "./amounts.ts";
import type { PaymentState } from "./state.ts";

/** Checked on every append, in production too: a commit that would lose or make money must not happen. */
export function assertInvariants(state: PaymentState): void {
  const captured = capturedAmount(state);
  const reserved = state.refunds.reduce((sum, refund) => sum + (refund.status === "failed" ? 0 : refund.amount), 0);
  const attempt = state.attempts.at(-1);
  if (captured > (attempt?.amount ?? 0))
    throw new Error(`${state.id}: captured ${captured} of ${attempt?.amount ?? 0}`);
  if (reserved > captured) throw new Error(`${state.id}: refunds of ${reserved} against ${captured} captured`);
  const open = state.attempts.filter((each) => HOLDS_MONEY.has(each.status));
  if (open.length > 1) throw new Error(`${state.id}: ${open.length} attempts hold money at once`);
}

const HOLDS_MONEY: ReadonlySet<string> = new Set(["authorized", "charged", "authentication_pending", "pending"]);
