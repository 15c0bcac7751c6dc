import type { AccountRef } from "../payment/events.ts";
import type { FieldValue } from "./fields.ts";
import type { SegmentCounts } from "./segment.ts";

/** Where a payment may go, in order; written down with its first attempt, so that a cascade needs no new decision. */
export interface RoutePlan {
  /** The rule that matched, or why there was none. */
  rule: string;
  candidates: AccountRef[];
  excluded: { id?: string; label: string; reason: string }[];
  maxAttempts: number;
  /** What else the decision was made of. Absent where neither a configuration nor an account's health played a part. */
  trace?: RouteTrace;
}

/** Enough to make the decision again, together with the version's configuration. Each payment stores one: keep it small. */
export interface RouteTrace {
  /** `rt_…`; null: no configuration. */
  version: string | null;
  /** Its index in the version's rules; null: the default. */
  rule: number | null;
  /** What the rules looked at. */
  fields: Record<string, FieldValue>;
  /** All accounts that came into question, in the order of their creation. */
  accounts: TracedAccount[];
  /** By purpose. */
  draws: Record<string, number>;
}

export interface TracedAccount {
  id: string;
  /** Probability that a payment like this one goes there first; absent: 0. */
  share?: number;
  circuit?: CircuitFact;
  /** For `bestRate`. */
  counts?: SegmentCounts;
  score?: number;
}

/** Only where it is not closed. `canary`: the share of payments that it gets. */
export type CircuitFact = "open" | { canary: number };
