import type { PaymentDetails, PaymentMethodView } from "../details.ts";
import { ALWAYS_UPDATABLE, isAllowed } from "../operations.ts";
import type { PaymentState } from "../state.ts";
import { statusOf } from "../status.ts";
import { accept, type Decision, refuse, wrongStatus } from "./decision.ts";

export interface UpdateCommand {
  changes: Partial<PaymentDetails>;
  method: PaymentMethodView | null;
}

/** Asks no processor, so it waits for none: a payment in flight may still get a new description. */
export function decideUpdate(state: PaymentState, { changes, method }: UpdateCommand): Decision {
  const status = statusOf(state);
  const isHarmless = method === null && Object.keys(changes).every((field) => ALWAYS_UPDATABLE.includes(field));
  if (!isHarmless && !isAllowed("update", status)) return refuse(wrongStatus("update", status));
  const merged = mergeChanges(state.details, changes);
  if (merged.rejection !== null) return refuse(merged.rejection);
  if (Object.keys(merged.changes).length === 0 && method === null) return accept();
  return accept({ kind: "updated", changes: merged.changes, method });
}

const MAX_METADATA_KEYS = 50;

/** `metadata` is merged key by key and `""` removes; every other field is replaced whole. */
export function mergeChanges(details: PaymentDetails, changes: Partial<PaymentDetails>) {
  if (changes.metadata === undefined) return { changes, rejection: null };
  const isRemoved = (key: string) => changes.metadata?.[key] === "";
  const merged = Object.entries({ ...details.metadata, ...changes.metadata }).filter(([key]) => !isRemoved(key));
  if (merged.length > MAX_METADATA_KEYS) {
    const message = `metadata holds at most ${MAX_METADATA_KEYS} keys.`;
    return { changes, rejection: { code: "parameter_invalid" as const, message, param: "metadata" } };
  }
  return { changes: { ...changes, metadata: Object.fromEntries(merged) }, rejection: null };
}
