import { PAYMENT_STATUSES } from "../domain/rejection.ts";

/** Every type that a merchant can be told of, and subscribe to. */
export const EVENT_TYPES = [
  "payment.updated",
  ...PAYMENT_STATUSES.map((status) => `payment.${status}` as const),
  "refund.pending",
  "refund.succeeded",
  "refund.failed",
  "refund.review",
  "dispute.opened",
  "dispute.won",
  "dispute.lost",
] as const;

/** Sent by a test of an endpoint, whatever it subscribes to. It belongs to no payment and is in no list of events. */
export const PING_TYPE = "ping";

/** `filter` as an endpoint keeps it: types, or `*` for all. */
export function isWanted(filter: readonly string[], type: string): boolean {
  return filter.includes("*") || filter.includes(type);
}
