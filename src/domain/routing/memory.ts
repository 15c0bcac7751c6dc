/** What outcomes teach: circuits by account and region, windows by account and segment. Held by each shard, and shared. */
import type { Answer } from "./blame.ts";
import { type Circuit, circuitAt, CLOSED, CANARY_SHARE, observeAnswer } from "./circuit.ts";
import type { CircuitFact } from "./plan.ts";
import type { SegmentCounts } from "./segment.ts";
import { countsOf, EMPTY_WINDOW, observeOutcome, type OutcomeWindow } from "./window.ts";

/** One answer of a processor, or its silence. */
export interface Observation {
  account: string;
  region: string;
  /** ms since 1970 */
  at: number;
  answer: Answer;
  latencyMs: number;
  /** Of an authorisation whose outcome the processor caused: the payment's segments, and whether it was approved. */
  credit?: { segments: readonly string[]; approved: boolean };
}

export interface RoutingMemory {
  /** By `account|region`. */
  circuits: Map<string, Circuit>;
  /** By `account|segment`. */
  learned: Map<string, OutcomeWindow>;
}

export function emptyMemory(): RoutingMemory {
  return { circuits: new Map(), learned: new Map() };
}

export function circuitKey(account: string, region: string): string {
  return `${account}|${region}`;
}

/** Changes the memory where the key is wanted; answers the keys that the observation is about. */
export function applyObservation(
  memory: RoutingMemory,
  observation: Observation,
  isWanted: (key: string) => boolean = () => true,
): { circuit: string; learned: string[] } {
  const { account, region, at, answer, credit } = observation;
  const circuit = circuitKey(account, region);
  const isGood = answer === "approved" || answer === "declined";
  if (isWanted(circuit))
    memory.circuits.set(circuit, observeAnswer(memory.circuits.get(circuit) ?? CLOSED, isGood, at));
  const learned = (credit?.segments ?? []).map((segment) => `${account}|${segment}`);
  for (const key of learned.filter(isWanted)) {
    memory.learned.set(key, observeOutcome(memory.learned.get(key) ?? EMPTY_WINDOW, credit?.approved === true, at));
  }
  return { circuit, learned };
}

/** Null where payments may go there freely. */
export function circuitFact({ circuits }: RoutingMemory, key: string, at: number): CircuitFact | null {
  const circuit = circuits.get(key);
  const state = circuit === undefined ? "closed" : circuitAt(circuit, at).state;
  if (state === "closed") return null;
  return state === "open" ? "open" : { canary: CANARY_SHARE };
}

export function segmentCounts({ learned }: RoutingMemory, account: string, segments: readonly string[]): SegmentCounts {
  return segments.map((segment) => countsOf(learned.get(`${account}|${segment}`) ?? EMPTY_WINDOW));
}
