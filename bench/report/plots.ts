/** The two plots of the report. */
import { spreadOf } from "../harness/statistics.ts";
import type { Slices } from "../harness/rounds.ts";
import { type ListFigures, pageName } from "../stages/lists.ts";
import { OPEN, type OpenFigures } from "../stages/open-loop.ts";
import type { SoakFigures } from "../stages/soak.ts";
import { plot, type Series } from "./plot.ts";

export function latencyPlot({ points }: OpenFigures): string {
  const lines = Object.values(OPEN).flatMap((name): Series[] => {
    const own = points.filter((point) => point.name === name);
    const loads = [...new Set(own.map(({ perSecond }) => perSecond))].toSorted((a, b) => a - b);
    const line = (what: "p50" | "p99") =>
      loads.map((x) => ({
        x,
        y: medianOf(own.filter(({ perSecond }) => perSecond === x).map((point) => point[what])),
      }));
    return [
      { name: `${name}, p50`, points: line("p50") },
      { name: `${name}, p99`, points: line("p99"), isDashed: true },
    ];
  });
  return plot({
    title: "Latency of a create where arrivals do not wait",
    x: { label: "arrivals a second" },
    y: { label: "ms from the intended arrival", isLog: true },
    series: lines,
  });
}

/** Each line over its own first point: a flat line is a cost that does not grow. */
export function costPlot(soak: SoakFigures, lists: ListFigures): string {
  const creates = soak.points.map(({ payments, cpuUs }) => ({ x: payments, y: cpuUs }));
  const pages = (isMiddle: boolean) =>
    lists.sizes.map((rows) => ({ x: rows, y: cpuOf(lists.slices, pageName(rows, isMiddle)) }));
  return plot({
    title: "CPU of a request as payments are stored, over the first of its line",
    x: { label: "payments stored", isLog: true },
    y: { label: "times the first" },
    series: [
      { name: "create", points: relative(creates) },
      { name: "first page of the list", points: relative(pages(false)) },
      { name: "page in the middle", points: relative(pages(true)) },
    ],
  });
}

function relative(points: readonly { x: number; y: number }[]) {
  const first = points[0]?.y ?? Number.NaN;
  return points.map(({ x, y }) => ({ x, y: y / first }));
}

function cpuOf(slices: Slices, name: string): number {
  return medianOf((slices.get(name) ?? []).map(({ cpuUs }) => cpuUs));
}

function medianOf(values: readonly number[]): number {
  return spreadOf(values)?.median ?? Number.NaN;
}
