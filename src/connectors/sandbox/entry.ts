/** A line of the processor's books, and what it answers. Pure. */
import type { WireAnswer, WireOp } from "./wire.ts";

/** `finish` is never booked: it only reports. */
export type BookedOp = Exclude<WireOp, "finish">;

/** OK done · NO refused · WAIT accepted, not settled · ASK the shopper is asked · GONE asked about before it came. */
export type EntryState = "OK" | "NO" | "WAIT" | "ASK" | "GONE";

export interface Entry {
  order: string;
  /** From 1 within the order. */
  seq: number;
  id: string;
  key: string;
  shop: string;
  op: BookedOp;
  /** `seq` of the sale, hold or check that it follows; its own where it is one. */
  root: number;
  amt: number;
  ccy: string;
  state: EntryState;
  /** Of a NO: the code. Of an ASK: the challenge's token. */
  note: string;
  /** Of a root: the card's behaviour. Never its number. */
  trait: string;
  last4: string;
  /** When it took its present state, ms since 1970. */
  at: number;
}

/** As the card schemes have it for most merchants, and the contract by default. */
export const HOLD_MS = 7 * 24 * 3_600_000;
/** Longer than whoever asked for it waits, so that they can still withdraw it; then nobody can answer it any more. */
export const CHALLENGE_MS = 60 * 60_000;
export const REFUND_WAIT_MS = 3_000;

export function isRoot(entry: Entry): boolean {
  return entry.op === "sale" || entry.op === "hold" || entry.op === "check";
}

export function hasLapsed(hold: Entry, now: number): boolean {
  return now >= hold.at + HOLD_MS;
}

/** Minor units that a hold still reserves. */
export function heldOf(root: Entry, entries: readonly Entry[], now: number): number {
  if (root.op !== "hold" || root.state !== "OK" || hasLapsed(root, now)) return 0;
  let held = root.amt;
  for (const entry of entries) {
    if (entry.root !== root.seq || entry.state !== "OK") continue;
    if (entry.op === "release") return 0;
    if (entry.op === "take") held -= entry.amt;
  }
  return held;
}

/** Minor units taken and not given back; refunds that wait count as given back. */
export function refundableOf(root: Entry, entries: readonly Entry[]): number {
  let left = root.op === "sale" && root.state === "OK" ? root.amt : 0;
  for (const entry of entries) {
    if (entry.root !== root.seq) continue;
    if (entry.op === "take" && entry.state === "OK") left += entry.amt;
    if (entry.op === "return" && (entry.state === "OK" || entry.state === "WAIT")) left -= entry.amt;
  }
  return left;
}

export interface Reply {
  status: number;
  body: WireAnswer;
}

/** What the processor says of an entry, at first and whenever it is asked again. `go`: the challenge's page. */
export function answerOf(entry: Entry, go: string | null): Reply {
  const { op, key, order, id: txn, amt, ccy } = entry;
  const about = { op, key, order, txn, amt, ccy };
  switch (entry.state) {
    case "OK":
      return { status: 200, body: { res: "OK", ...about, ...(op === "hold" ? { lapses: entry.at + HOLD_MS } : {}) } };
    case "NO":
      return { status: 402, body: { res: "NO", ...about, why: entry.note } };
    case "WAIT":
      return { status: 202, body: { res: "WAIT", ...about } };
    case "ASK":
      return { status: 200, body: { res: "ASK", ...about, go: go ?? "" } };
    case "GONE":
      return { status: 404, body: { res: "NONE", key, order, withdrawn: true } };
  }
}

/** A definite error: `done: false` promises that nothing was executed. */
export function faultOf(status: number, fault: string): Reply {
  return { status, body: { res: "ERR", fault, done: false } };
}
