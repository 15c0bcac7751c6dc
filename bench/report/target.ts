/** One line of the table of targets, and whether it holds. Pure. */
import { type Spread, spreadOf } from "../harness/statistics.ts";

/** `held` and `stretch`: what was set, what was aimed at. `restated`: missed, and gated at a limit said openly. */
export type Verdict = "stretch" | "held" | "missed" | "not measured";

export interface Bounds {
  /** Whether more is better. */
  direction: "atLeast" | "atMost";
  set: number;
  /** What we aim at; absent where reaching `set` is all. */
  stretch?: number;
  /** What the check fails at instead of `set`, and why. */
  restated?: { limit: number; why: string };
}

export interface Target extends Bounds {
  /** As the rows of the plan are numbered, with a letter for each figure. */
  number: string;
  goal: string;
  unit: string;
  /** Null: not measured in this run. */
  measured: Spread | null;
  /** Not moved by other load on the machine. */
  isExact: boolean;
}

/** Of all rounds; judged by the median. */
export function target(
  about: Pick<Target, "number" | "goal"> & { unit?: string; isExact?: boolean },
  values: readonly number[] | null,
  bounds: Bounds,
): Target {
  return { unit: "", isExact: false, ...about, ...bounds, measured: values === null ? null : spreadOf(values) };
}

export function verdictOf({ measured, direction, set, stretch }: Target): Verdict {
  if (measured === null) return "not measured";
  const reaches = (bound: number) => (direction === "atLeast" ? measured.median >= bound : measured.median <= bound);
  if (stretch !== undefined && reaches(stretch)) return "stretch";
  return reaches(set) ? "held" : "missed";
}

/** Whether a check must fail. What was restated is held to its restated limit, and never to less. */
export function isBroken(one: Target): boolean {
  const limit = one.restated?.limit ?? one.set;
  return verdictOf({ ...one, set: limit }) === "missed";
}
