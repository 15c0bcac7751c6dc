/** An account's health as answers show it: counted by the minute, for an hour. */
import { isoTime } from "../payment/present.ts";
import type { Answer } from "./blame.ts";
import { type Circuit, circuitAt, type CircuitState } from "./circuit.ts";

export interface Minute {
  /** Minutes since 1970. */
  minute: number;
  counts: Record<Answer, number>;
  /** How many answers, by the step of their latency: see `stepOf`. */
  latencies: Record<number, number>;
}

export interface CircuitChange {
  at: number;
  region: string;
  from: CircuitState;
  to: CircuitState;
}

export interface RegionHealth {
  region: string;
  minutes: readonly Minute[];
  circuit: Circuit;
}

const MINUTE_MS = 60_000;
export const KEPT_MINUTES = 60;
const STEPS_PER_DOUBLING = 4;

export function countAnswer(minutes: readonly Minute[], answer: Answer, latencyMs: number, at: number): Minute[] {
  const minute = Math.floor(at / MINUTE_MS);
  const kept = minutes.filter((each) => each.minute > minute - KEPT_MINUTES);
  const known = kept.find((each) => each.minute === minute);
  const { counts, latencies } = known ?? emptyMinute(minute);
  const step = stepOf(latencyMs);
  const counted: Minute = {
    minute,
    counts: { ...counts, [answer]: counts[answer] + 1 },
    // A silence lasts as long as we wait: it says nothing about how fast answers come.
    latencies: answer === "timeout" ? latencies : { ...latencies, [step]: (latencies[step] ?? 0) + 1 },
  };
  return [...kept.filter((each) => each !== known), counted].toSorted((a, b) => a.minute - b.minute);
}

function emptyMinute(minute: number): Minute {
  return { minute, counts: { approved: 0, declined: 0, error: 0, timeout: 0 }, latencies: {} };
}

/** Steps of a fifth: a percentile is right within a tenth. */
function stepOf(ms: number): number {
  return Math.round(Math.log2(Math.max(0, ms) + 1) * STEPS_PER_DOUBLING);
}

function latencyOf(step: number): number {
  return Math.round(2 ** (step / STEPS_PER_DOUBLING) - 1);
}

/** `successRate`: the share of calls that were answered, whether approved or declined; null without calls. */
export function presentHealth(
  account: { id: string; label: string },
  { regions, changes, at }: { regions: readonly RegionHealth[]; changes: readonly CircuitChange[]; at: number },
) {
  const since = Math.floor(at / MINUTE_MS) - KEPT_MINUTES;
  const recent = regions.map((region) => ({
    ...region,
    minutes: region.minutes.filter(({ minute }) => minute > since),
  }));
  const all = recent.flatMap(({ minutes }) => minutes);
  const states = recent.map(({ circuit }) => circuitAt(circuit, at).state);
  return {
    id: account.id,
    connector: account.label,
    ...summarise(all),
    circuit: worst(states),
    byRegion: recent.map(({ region, minutes, circuit }) => ({
      region,
      ...summarise(minutes),
      circuit: circuitAt(circuit, at).state,
    })),
    timeline: timeline(all),
    circuitChanges: changes.map(({ at: time, ...change }) => ({ at: isoTime(time), ...change })),
    windowMinutes: KEPT_MINUTES,
    asOf: isoTime(at),
  };
}

function worst(states: readonly CircuitState[]): CircuitState {
  if (states.includes("open")) return "open";
  return states.includes("half_open") ? "half_open" : "closed";
}

function summarise(minutes: readonly Minute[]) {
  const counts = totalOf(minutes);
  const calls = counts.approved + counts.declined + counts.error + counts.timeout;
  const decided = counts.approved + counts.declined;
  return {
    calls,
    successRate: calls === 0 ? null : rounded(decided / calls),
    approvalRate: decided === 0 ? null : rounded(counts.approved / decided),
    errors: counts.error,
    timeouts: counts.timeout,
    latency: { p50: percentile(minutes, 0.5), p95: percentile(minutes, 0.95) },
  };
}

function timeline(minutes: readonly Minute[]) {
  const byMinute = new Map<number, Minute[]>();
  for (const each of minutes) byMinute.set(each.minute, [...(byMinute.get(each.minute) ?? []), each]);
  return [...byMinute.entries()]
    .toSorted(([a], [b]) => a - b)
    .map(([minute, each]) => {
      const { approved, declined, error, timeout } = totalOf(each);
      return { from: isoTime(minute * MINUTE_MS), approved, declined, errors: error, timeouts: timeout };
    });
}

function totalOf(minutes: readonly Minute[]): Record<Answer, number> {
  const total = { approved: 0, declined: 0, error: 0, timeout: 0 };
  for (const { counts } of minutes) {
    for (const answer of ["approved", "declined", "error", "timeout"] as const) total[answer] += counts[answer];
  }
  return total;
}

/** Milliseconds; null without answers. */
function percentile(minutes: readonly Minute[], share: number): number | null {
  const steps = new Map<number, number>();
  for (const { latencies } of minutes) {
    for (const [step, count] of Object.entries(latencies))
      steps.set(Number(step), (steps.get(Number(step)) ?? 0) + count);
  }
  const ascending = [...steps].toSorted(([a], [b]) => a - b);
  const wanted = share * ascending.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [step, count] of ascending) {
    seen += count;
    if (seen >= wanted) return latencyOf(step);
  }
  return null;
}

function rounded(rate: number): number {
  return Math.round(rate * 10_000) / 10_000;
}
