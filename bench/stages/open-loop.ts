/** Latency where arrivals do not wait: a merchant's shoppers come when they come. */
import { contender, warmAll } from "../harness/lineup.ts";
import { type LoadResult, openLoop, type Target } from "../harness/load.ts";
import { quantile, shuffle } from "../harness/statistics.ts";
import type { Lab } from "../lab.ts";

export const OPEN = { floor: "F1", product: "Switchyard, instant processor", peer: "Node and SQLite" } as const;

export interface OpenPoint {
  name: string;
  /** Arrivals a second, on average. */
  perSecond: number;
  /** ms, from the intended arrival. */
  p50: number;
  p99: number;
  /** The generator's own lateness, 99th percentile, ms. */
  lagMs: number;
}

export interface OpenFigures {
  points: OpenPoint[];
}

/** The load at which the target is set. */
export const REFERENCE_LOAD = 200;
const LOADS = [25, 50, 100, 150, 300, 400];
const REFERENCE_ROUNDS = 3;
const CONNECTIONS = 64;

export async function measureOpenLoop(lab: Lab): Promise<OpenFigures> {
  const floors = await lab.startFloors();
  const contenders = [
    { name: OPEN.floor, server: floors.server, target: floors.shared },
    { name: OPEN.product, ...contender(await lab.startProduct("instant")) },
    { name: OPEN.peer, ...(await lab.startPeer()) },
  ];
  await warmAll(contenders);
  const points: OpenPoint[] = [];
  const plan = [...LOADS, ...Array.from({ length: REFERENCE_ROUNDS }, () => REFERENCE_LOAD)];
  for (const perSecond of plan.toSorted((a, b) => a - b)) {
    for (const { name, target, settle } of shuffle<Entry>(contenders, lab.random)) {
      const forMs = perSecond === REFERENCE_LOAD ? 4000 : 2500;
      const result = await openLoop(target, { perSecond, forMs, connections: CONNECTIONS, random: lab.random });
      await settle?.();
      if (result.errors > 0) throw new Error(`${name}: ${result.errors} wrong answers, first ${result.firstError}`);
      const point = { name, perSecond, ...summary(result) };
      points.push(point);
      const { p50, p99, lagMs } = point;
      lab.report(
        `${perSecond}/s ${name.padEnd(30)} p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} lag ${lagMs.toFixed(2)} ms`,
      );
    }
  }
  await Promise.all(contenders.map(({ server }) => server.stop()));
  return { points };
}

interface Entry {
  name: string;
  target: Target;
  settle?: () => Promise<void>;
}

function summary({ latencies, lagMs }: LoadResult): Pick<OpenPoint, "p50" | "p99" | "lagMs"> {
  return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), lagMs };
}
