/**
 * The circuit breaker of one account in one region. Pure: every function is told the time.
 *
 * Closed, it counts answers in a sliding window and opens on the share of errors, once there are samples enough. Open,
 * it rests; after that it is half open, and a share of payments tries the account: a few good answers close it, a bad
 * one opens it again, for twice as long.
 */
export type CircuitState = "closed" | "open" | "half_open";

export interface Circuit {
  state: CircuitState;
  /** When it came into the state, ms since 1970; when half open, when it opened. */
  since: number;
  /** How often it has opened without a recovery between. */
  trips: number;
  /** Of the window: [slot, good, bad], oldest first. Half open: one entry, the answers of the canaries. */
  slots: readonly (readonly [slot: number, good: number, bad: number])[];
}

const SLOT_MS = 10_000;
const WINDOW_SLOTS = 12;
/** Below this many answers in the window a run of bad luck proves nothing. */
export const MIN_SAMPLES = 10;
export const OPEN_AT_ERROR_SHARE = 0.5;
const FIRST_REST_MS = 10_000;
const LONGEST_REST_MS = 5 * 60_000;
/** Of the payments that would go there, while it is half open. */
export const CANARY_SHARE = 0.2;
const GOOD_CANARIES = 3;

export const CLOSED: Circuit = { state: "closed", since: 0, trips: 0, slots: [] };

/** As time alone has changed it: an open one rests and is then half open. */
export function circuitAt(circuit: Circuit, at: number): Circuit {
  if (circuit.state !== "open" || at < circuit.since + restMs(circuit.trips)) return circuit;
  return { ...circuit, state: "half_open", slots: [] };
}

function restMs(trips: number): number {
  return Math.min(FIRST_REST_MS * 2 ** (trips - 1), LONGEST_REST_MS);
}

/** After an answer that was good (an approval or a decline) or bad (an error or silence). */
export function observeAnswer(circuit: Circuit, isGood: boolean, at: number): Circuit {
  const now = circuitAt(circuit, at);
  // Calls that left before it opened say nothing about whether it has recovered.
  if (now.state === "open") return now;
  return now.state === "closed" ? observeClosed(now, isGood, at) : observeCanary(now, isGood, at);
}

function observeClosed(circuit: Circuit, isGood: boolean, at: number): Circuit {
  const slot = Math.floor(at / SLOT_MS);
  const slots = addTo(circuit.slots, slot, isGood).filter(([each]) => each > slot - WINDOW_SLOTS);
  const good = slots.reduce((sum, [, each]) => sum + each, 0);
  const bad = slots.reduce((sum, [, , each]) => sum + each, 0);
  const opens = !isGood && good + bad >= MIN_SAMPLES && bad >= (good + bad) * OPEN_AT_ERROR_SHARE;
  return opens ? opened(circuit.trips, at) : { ...circuit, slots };
}

function observeCanary(circuit: Circuit, isGood: boolean, at: number): Circuit {
  const [[, good, bad] = [0, 0, 0]] = addTo(circuit.slots, 0, isGood);
  if (!isGood && bad * 2 >= good + bad) return opened(circuit.trips, at);
  if (good >= GOOD_CANARIES) return { state: "closed", since: at, trips: 0, slots: [] };
  return { ...circuit, slots: [[0, good, bad]] };
}

function opened(trips: number, at: number): Circuit {
  return { state: "open", since: at, trips: trips + 1, slots: [] };
}

function addTo(slots: Circuit["slots"], slot: number, isGood: boolean): Circuit["slots"] {
  const [last, good, bad] = slots.at(-1) ?? [-1, 0, 0];
  const grown = [
    slot,
    (last === slot ? good : 0) + (isGood ? 1 : 0),
    (last === slot ? bad : 0) + (isGood ? 0 : 1),
  ] as const;
  return last === slot ? [...slots.slice(0, -1), grown] : [...slots, grown];
}
