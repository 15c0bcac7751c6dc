/** Our keys, read back: they travel as references, and processors' messages name operations by them. */
import { parseChildId } from "../domain/ids.ts";

export type KeyedOperation = "attempt" | "capture" | "void" | "refund";

/** Attempt and refund ids, or an attempt's id with `-c` or `-v` and the ordinal of its capture or void. */
const FOLLOWING = /^(att_[0-9a-z]{28})-([cv])[1-9]\d{0,3}$/;

/** Null where it is no key of ours: another system at the same processor may use any reference. */
export function readOperationKey(key: string): { paymentId: string; operation: KeyedOperation } | null {
  const [, attemptId, letter] = FOLLOWING.exec(key) ?? [];
  if (attemptId !== undefined) {
    const owner = parseChildId("att", attemptId);
    return owner === null ? null : { paymentId: owner.paymentId, operation: letter === "c" ? "capture" : "void" };
  }
  const attempt = parseChildId("att", key);
  if (attempt !== null) return { paymentId: attempt.paymentId, operation: "attempt" };
  const refund = parseChildId("re", key);
  return refund === null ? null : { paymentId: refund.paymentId, operation: "refund" };
}
