/** What a page of the list costs as the list grows. Each size has a server of its own; they take turns. */
import { measurePage, pageTarget, seedPayments } from "../harness/pages.ts";
import { runRounds, type Slices, type Stage } from "../harness/rounds.ts";
import { closedSlice } from "../harness/slice.ts";
import type { Lab } from "../lab.ts";

export interface ListFigures {
  sizes: number[];
  /** By `pageName`. */
  slices: Slices;
  /** The most that a page of `LIMIT` read, at any size. */
  rowsRead: number;
}

export const LIMIT = 20;

export function pageName(rows: number, isMiddle: boolean): string {
  return `${isMiddle ? "middle" : "first"} page of ${rows}`;
}

export async function measureLists(lab: Lab, largest: number): Promise<ListFigures> {
  const sizes = [1_000, 10_000, 100_000, 1_000_000].filter((size) => size <= largest);
  const stages: Stage[] = [];
  const servers = [];
  let rowsRead = 0;
  for (const rows of sizes) {
    const product = await lab.startProduct("counted");
    const { server } = product;
    servers.push(server);
    await seedPayments(product, rows);
    lab.report(`${rows} payments in D1`);
    for (const isMiddle of [false, true]) {
      const options = { limit: LIMIT, isMiddle };
      const target = await pageTarget(product, options);
      rowsRead = Math.max(rowsRead, (await measurePage(product, options)).rowsRead);
      const run = (forMs: number) => closedSlice({ server, target, connections: 4, forMs });
      await run(500);
      stages.push({ name: pageName(rows, isMiddle), run: () => run(600) });
    }
  }
  const slices = await runRounds(stages, lab);
  await Promise.all(servers.map((server) => server.stop()));
  return { sizes, slices, rowsRead };
}
