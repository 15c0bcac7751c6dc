/** Figures as Markdown. Pure. */
import { type Spread, spreadOf } from "../harness/statistics.ts";
import type { Slices } from "../harness/rounds.ts";
import { type Target, verdictOf } from "./target.ts";

export function targetTable(targets: readonly Target[]): string {
  const order = (one: Target) => Number.parseInt(one.number, 10);
  const sorted = targets.toSorted((a, b) => order(a) - order(b) || a.number.localeCompare(b.number));
  const rows = sorted.map((one) => [
    one.number,
    one.goal,
    one.measured === null ? "" : withUnit(one, spreadText(one.measured)),
    boundText(one, one.set),
    one.stretch === undefined ? "" : boundText(one, one.stretch),
    verdictText(one),
  ]);
  return table(["#", "goal", "measured", "set", "stretch", ""], rows);
}

function verdictText(one: Target): string {
  const verdict = verdictOf(one);
  if (verdict === "missed") return "**missed**";
  return verdict === "stretch" ? "held, stretch" : verdict;
}

function boundText(one: Target, bound: number): string {
  return `${one.direction === "atLeast" ? "≥" : "≤"} ${withUnit(one, numberText(bound))}`;
}

function withUnit({ unit }: Target, text: string): string {
  return unit === "" ? text : `${text} ${unit}`;
}

export function spreadText({ median, min, max }: Spread): string {
  return min === max ? numberText(median) : `${numberText(median)} [${numberText(min)}–${numberText(max)}]`;
}

/** Three digits that matter. */
export function numberText(value: number): string {
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

export function sliceTable(slices: Slices): string {
  const rows = [...slices].map(([name, all]) => [
    name,
    ...(["perSecond", "cpuUs", "p50", "p99"] as const).map((what) => {
      const spread = spreadOf(all.map((slice) => slice[what]));
      return spread === null ? "" : spreadText(spread);
    }),
  ]);
  return table(["", "a second", "CPU, µs each", "p50, ms", "p99, ms"], rows);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}
