/** The targets that are ratios of one interleaved run: what the machine does besides meets both sides alike. */
import { ratios } from "../harness/statistics.ts";
import type { Slice } from "../harness/rounds.ts";
import { LIMIT, type ListFigures, pageName } from "../stages/lists.ts";
import { OPEN, type OpenFigures, REFERENCE_LOAD } from "../stages/open-loop.ts";
import { type RateFigures, STAGE } from "../stages/rates.ts";
import type { SoakFigures } from "../stages/soak.ts";
import { START } from "../stages/start-up.ts";
import type { Figures } from "./figures.ts";
import { type Bounds, type Target, target } from "./target.ts";

const atLeast = (set: number, stretch?: number): Bounds => bounds("atLeast", set, stretch);
const atMost = (set: number, stretch?: number): Bounds => bounds("atMost", set, stretch);

function bounds(direction: Bounds["direction"], set: number, stretch?: number): Bounds {
  return { direction, set, ...(stretch !== undefined && { stretch }) };
}

export function pairedTargets(figures: Figures): Target[] {
  const { rates, open, lists, startUp, soak } = figures;
  return [
    ...rateTargets(rates),
    ...openTargets(open),
    ...listTargets(lists),
    startTarget(startUp),
    ...soakTargets(soak),
  ];
}

type Measure = "perSecond" | "cpuUs" | "p50";

function paired(slices: ReadonlyMap<string, Slice[]> | undefined, what: Measure, name: string, base: string) {
  const values = slices?.get(name)?.map((slice) => slice[what]);
  const bases = slices?.get(base)?.map((slice) => slice[what]);
  return values === undefined || bases === undefined ? null : ratios(values, bases);
}

function rateTargets(rates: RateFigures | null): Target[] {
  const rate = (name: string, base: string) => paired(rates?.slices, "perSecond", name, base);
  const cpu = (name: string, base: string) => paired(rates?.slices, "cpuUs", name, base);
  const { instant, shared, fresh, peer, memory, replay, edge, bare } = STAGE;
  const of = (number: string, goal: string, values: number[] | null, limits: Bounds) =>
    target({ number, goal, unit: "x" }, values, limits);
  return [
    of("1", "creates a second, 16 connections, against F1", rate(instant, shared), atLeast(0.75, 1.1)),
    of("2", "CPU a create, drained into D1, against F1", cpu(instant, shared), atMost(1.5, 1.2)),
    of("3", "creates a second against F2", rate(instant, fresh), atLeast(5, 8)),
    of("5", "creates a second against Node and SQLite, flushed", rate(instant, peer), atLeast(0.6, 0.9)),
    of(
      "6a",
      "creates a second against in-memory mocks of Stripe, and Postgres: no dependencies of ours",
      null,
      atLeast(0.33, 0.5),
    ),
    of("6b", "creates a second against Node and SQLite in memory", rate(instant, memory), atLeast(0.33, 0.5)),
    of("8a", "CPU a replay against a create", cpu(replay, instant), atMost(0.8, 0.7)),
    of("10", "CPU of key and validation against the bare worker", cpu(edge, bare), atMost(2.2, 1.8)),
    of("11", "CPU a create against the bare worker", cpu(instant, bare), atMost(8, 6)),
  ];
}

function openTargets(open: OpenFigures | null): Target[] {
  const of = (name: string, what: "p50" | "p99") =>
    open?.points
      .filter((point) => point.name === name && point.perSecond === REFERENCE_LOAD)
      .map((point) => point[what]);
  const against = (what: "p50" | "p99") => {
    const [product, floor] = [of(OPEN.product, what), of(OPEN.floor, what)];
    return product === undefined || floor === undefined ? null : ratios(product, floor);
  };
  const goal = (what: string) => `${what} at ${REFERENCE_LOAD} arrivals a second against F1`;
  return [
    target({ number: "7a", goal: goal("median latency"), unit: "x" }, against("p50"), atMost(1.5, 1.2)),
    target({ number: "7b", goal: goal("99th percentile"), unit: "x" }, against("p99"), atMost(2, 1)),
  ];
}

function listTargets(lists: ListFigures | null): Target[] {
  const largest = lists?.sizes.at(-1) ?? 0;
  const smallest = lists?.sizes[0] ?? 0;
  const grown = (what: Measure) => paired(lists?.slices, what, pageName(largest, true), pageName(smallest, true));
  const goal = (what: string) => `${what} of a page in the middle, ${largest} rows against ${smallest}`;
  return [
    target({ number: "9a", goal: goal("CPU"), unit: "x" }, grown("cpuUs"), atMost(1.2, 1.1)),
    target({ number: "9b", goal: goal("median latency"), unit: "x" }, grown("p50"), atMost(1.2, 1.1)),
    target(
      { number: "9d", goal: `rows read for a page of ${LIMIT}, at most, at any size`, isExact: true },
      lists === null ? null : [lists.rowsRead],
      atMost(LIMIT + 1),
    ),
  ];
}

function startTarget(slices: ReadonlyMap<string, Slice[]> | null): Target {
  const values = paired(slices ?? undefined, "cpuUs", START.product, START.hello);
  return target(
    { number: "12c", goal: "CPU of a new isolate's start against Hono's hello", unit: "x" },
    values,
    atMost(7, 4.5),
  );
}

/** Growth is counted from here on: before, caches and heaps fill. A shorter run says nothing of it. */
const GROWTH = { from: 10_000, to: 50_000 };

function soakTargets(soak: SoakFigures | null): Target[] {
  const points = soak?.points ?? [];
  const last = points.at(-1);
  const first = points.find(({ payments }) => payments >= GROWTH.from);
  const isLong = first !== undefined && last !== undefined && last.payments >= GROWTH.to;
  const growth = isLong ? [(last.rssBytes / first.rssBytes - 1) * 100] : null;
  const descriptors = last === undefined ? null : [Math.max(...points.map((point) => point.descriptors))];
  const n = last?.payments ?? 0;
  const span = `${GROWTH.from} to ${isLong ? n : GROWTH.to} payments`;
  const wrong = soak === null ? null : [soak.audit.lost + soak.audit.doubled];
  return [
    target({ number: "14a", goal: `growth of memory, ${span}`, unit: "%" }, growth, atMost(25)),
    target({ number: "14b", goal: `file descriptors, up to ${n} payments`, isExact: true }, descriptors, atMost(200)),
    target({ number: "14d", goal: `lost or doubled of ${n} payments`, isExact: true }, wrong, atMost(0)),
  ];
}
