/** Many payments in one process, the sandbox and all: memory, descriptors, cost a create, and what the stores hold. */
import { audit } from "../harness/audit.ts";
import { drained } from "../harness/product.ts";
import { closedSlice } from "../harness/slice.ts";
import { quantile } from "../harness/statistics.ts";
import type { Lab } from "../lab.ts";
import type { Audit } from "../report/exact-figures.ts";

export interface SoakPoint {
  payments: number;
  rssBytes: number;
  descriptors: number;
  /** On-CPU time a create since the last point, µs. */
  cpuUs: number;
  /** ms, under 16 connections */
  p50: number;
}

export interface SoakFigures {
  points: SoakPoint[];
  audit: Audit;
}

const POINTS = 20;

export async function measureSoak(lab: Lab, payments: number): Promise<SoakFigures> {
  const product = await lab.startProduct("product");
  const { server, accepted, creates: target } = product;
  const points: SoakPoint[] = [];
  const settle = () => drained(product);
  for (let point = 1; point <= POINTS; point++) {
    const wanted = Math.round((payments * point) / POINTS);
    const slices = [];
    while (accepted.size < wanted) {
      const limit = Math.min(wanted - accepted.size, 2_000);
      slices.push(await closedSlice({ server, target, connections: 16, forMs: 60_000, limit, settle }));
    }
    const cpuUs = quantile(
      slices.map((slice) => slice.cpuUs).toSorted((a, b) => a - b),
      0.5,
    );
    const p50 = quantile(
      slices.map((slice) => slice.p50).toSorted((a, b) => a - b),
      0.5,
    );
    points.push({ payments: accepted.size, ...server.footprint(), cpuUs, p50 });
    lab.report(`soak ${JSON.stringify(points.at(-1))}`);
  }
  await server.stop();
  return { points, audit: audit(product, true) };
}
