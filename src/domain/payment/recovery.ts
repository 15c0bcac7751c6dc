/** How to find out what became of a call whose outcome is unknown. Pure; the alarm walks it. */

/** What was asked under one key so far, oldest first. */
export interface PastCall {
  verb: "perform" | "replay" | "lookup";
  outcome: string | null;
  /** Null: nothing came back, and nobody is waiting for it any more. */
  observed: number | null;
}

export interface RecoveryFacts {
  calls: readonly PastCall[];
  lookup: "conclusive" | "eventual" | "none";
  /** Whether the same bytes can still be sent under the same key, and the processor still knows that key. */
  canReplay: boolean;
}

export type RecoveryStep =
  /** `conclude`: we will take "not found" for an answer, so the processor must refuse the key from now on. */
  { verb: "lookup"; conclude: boolean } | { verb: "replay" } | { verb: "wait" };

/**
 * A call that was lost in a crash may never have left: it is looked for first and, where the processor does not know
 * it, sent again under its key, which has at most one effect. A call that was sent and stayed silent is only asked
 * about: where the processor is sure that it never ran, the payment fails or goes elsewhere.
 */
export function planRecovery({ calls, lookup, canReplay }: RecoveryFacts): RecoveryStep {
  const sent = calls.findLastIndex((call) => call.verb !== "lookup");
  const isLost = calls[sent]?.observed === null;
  const lookedUp = calls.slice(sent + 1).findLast((call) => call.observed !== null);
  const isAbsent = lookedUp?.outcome === "not_found";
  if (lookup === "none") return canReplay ? { verb: "replay" } : { verb: "wait" };
  const replayable = canReplay && (isLost || lookup === "eventual");
  if (isAbsent && replayable) return { verb: "replay" };
  return { verb: "lookup", conclude: !replayable };
}

/** Most silences end within seconds; the last entry repeats until the week is over. */
const DELAYS_MS = [1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400].map((seconds) => seconds * 1000);
/** After that no processor is expected to say more, and a person has to look. */
export const GIVE_UP_AFTER_MS = 7 * 24 * 60 * 60 * 1000;

/** `draw` in [0, 1): spreads what failed together over ±20 %. */
export function recoveryDelayMs(tries: number, draw: number): number {
  const delay = DELAYS_MS[Math.min(tries, DELAYS_MS.length - 1)] ?? 86_400_000;
  return Math.round(delay * (0.8 + 0.4 * draw));
}
