/** What the processor does with a request, given the order's lines so far. Pure: the books apply the verdict. */
import { behaviourOf, type CardBehaviour } from "./cards.ts";
import { drawFate, type Fate } from "./draw.ts";
import { type BookedOp, type Entry, faultOf, hasLapsed, heldOf, isRoot, refundableOf, type Reply } from "./entry.ts";
import type { WireRequest } from "./wire.ts";

export type Verdict =
  /** Answer with this line, which is there already. */
  | { kind: "known"; entry: Entry }
  /** Book this line and answer with it. `silent`: executed, but the answer is never given. */
  | { kind: "book"; entry: Entry; silent: boolean; withdraws?: Entry }
  | { kind: "refuse"; reply: Reply }
  /** Neither executed nor answered. */
  | { kind: "drop" };

export interface Fresh {
  now: number;
  /** The processor's id for a new line, and a challenge's token. Unguessable. */
  id: string;
  token: string;
}

/** `entries`: all lines of the order, by `seq`. */
export function execute(request: WireRequest, entries: readonly Entry[], fresh: Fresh): Verdict {
  const same = entries.filter((entry) => entry.key === request.key && entry.shop === request.shop);
  // Also without deduplication: "never heard of it" was said about this key, and has to stay true.
  if (same.some((entry) => entry.state === "GONE")) return refuse(410, "key_withdrawn");
  const first = same[0];
  if (first !== undefined && request.profile.dedupe) {
    return repeats(first, request) ? { kind: "known", entry: first } : refuse(409, "key_reused");
  }
  const root = request.of === undefined ? undefined : findRoot(request, entries);
  if (request.op === "finish") return root === undefined ? refuse(404, "no_such_txn") : { kind: "known", entry: root };
  const fate = drawFate(request.profile, request.shop, request.key);
  if (fate.errs) return refuse(500, "internal");
  if (!fate.executes) return { kind: "drop" };
  if (isOpening(request.op)) return openTxn(request, request.op, entries, fate, fresh);
  if (root === undefined) return refuse(404, "no_such_txn");
  if (root.ccy !== request.ccy) return refuse(422, "currency_differs");
  const entry = follow(request, request.op, root, entries, fresh);
  const withdraws = entry.op === "release" && entry.state === "OK" && root.state === "ASK";
  return { kind: "book", entry, silent: fate.silent, ...(withdraws ? { withdraws: root } : {}) };
}

function refuse(status: number, fault: string): Verdict {
  return { kind: "refuse", reply: faultOf(status, fault) };
}

function isOpening(op: BookedOp): op is "sale" | "hold" | "check" {
  return op === "sale" || op === "hold" || op === "check";
}

function repeats(first: Entry, request: WireRequest): boolean {
  return first.op === request.op && first.ccy === request.ccy && (first.op === "release" || first.amt === request.amt);
}

/** The processor's id says it exactly; our key does where that id never reached us. */
function findRoot({ of, shop }: WireRequest, entries: readonly Entry[]): Entry | undefined {
  const roots = entries.filter((entry) => isRoot(entry) && entry.state !== "GONE" && entry.shop === shop);
  return roots.find((entry) => entry.id === of?.txn) ?? roots.find((entry) => entry.key === of?.key);
}

function openTxn(
  request: WireRequest,
  op: "sale" | "hold" | "check",
  entries: readonly Entry[],
  fate: Fate,
  fresh: Fresh,
): Verdict {
  const { src, profile } = request;
  if (src === undefined) return refuse(422, "source_missing");
  const behaviour: CardBehaviour = src.kind === "card" ? behaviourOf(src.pan) : { trait: "challenged", why: "" };
  const { trait } = behaviour;
  if (trait === "errs") return refuse(500, "internal");
  if (trait === "silent_dropped") return { kind: "drop" };
  const declines = trait === "declines" || (trait === "insufficient_funds" && profile.primary);
  const why = declines ? behaviour.why : fate.declines ? "05" : null;
  // A redirect is how such a method is paid, not an extra step that could be left out.
  const asks = trait === "challenged" && (request.sca !== "never" || src.kind === "redirect");
  const entry: Entry = {
    ...line(request, op, entries, fresh),
    state: why !== null ? "NO" : asks ? "ASK" : "OK",
    note: why ?? (asks ? fresh.token : ""),
    trait,
    last4: src.kind === "card" ? src.pan.slice(-4) : "",
  };
  return { kind: "book", entry, silent: fate.silent || trait === "silent_executed" };
}

function line(request: WireRequest, op: BookedOp, entries: readonly Entry[], fresh: Fresh): Entry {
  const { key, shop, order, amt, ccy } = request;
  const seq = entries.length + 1;
  const { id, now: at } = fresh;
  return { order, seq, id, key, shop, op, root: seq, amt, ccy, state: "OK", note: "", trait: "", last4: "", at };
}

/** A take, release or return: OK, WAIT, or NO with the reason. */
function follow(
  request: WireRequest,
  op: "take" | "release" | "return",
  root: Entry,
  entries: readonly Entry[],
  fresh: Fresh,
): Entry {
  const entry = { ...line(request, op, entries, fresh), root: root.seq };
  const no = (note: string): Entry => ({ ...entry, state: "NO", note });
  const held = heldOf(root, entries, fresh.now);
  switch (op) {
    case "take":
      if (held === 0) return no(root.op === "hold" && hasLapsed(root, fresh.now) ? "lapsed" : "nothing_held");
      if (request.amt > held || request.amt <= 0) return no("over_hold");
      return entry;
    case "release":
      if (root.state === "ASK") return { ...entry, amt: 0 };
      if (root.trait === "void_refused") return no("void_refused");
      if (held === 0) return no("nothing_held");
      return { ...entry, amt: held };
    case "return":
      if (root.trait === "refund_fails") return no("refund_failed");
      if (request.amt > refundableOf(root, entries) || request.amt <= 0) return no("over_taken");
      return root.trait === "refund_waits" ? { ...entry, state: "WAIT" } : entry;
  }
}
