import type { AccountRef } from "../payment/events.ts";

/** Where a payment may go, in order; written down with its first attempt, so that a cascade needs no new decision. */
export interface RoutePlan {
  /** The rule that matched, or why there was none. */
  rule: string;
  candidates: AccountRef[];
  excluded: { label: string; reason: string }[];
  maxAttempts: number;
}
