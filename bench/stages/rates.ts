/** The product, its parts, the floors and the peers side by side, a slice each a round. */
import { contender, edgeContender, warmAll } from "../harness/lineup.ts";
import { audit } from "../harness/audit.ts";
import { runRounds, type Slices, type Stage } from "../harness/rounds.ts";
import { closedSlice, type SliceOptions } from "../harness/slice.ts";
import type { Lab } from "../lab.ts";
import type { Audit } from "../report/exact-figures.ts";

/** What the targets are computed from; each is a name in the slices. */
export const STAGE = {
  bare: "bare worker",
  edge: "key and validation, no storage",
  shared: "F1: one shared object, two rows",
  fresh: "F2: an object a payment",
  peer: "Node and SQLite, flushed",
  memory: "Node and SQLite, in memory",
  instant: "create, instant processor",
  instantAlone: "create, instant processor, alone",
  sandbox: "create, sandbox",
  sandboxAlone: "create, sandbox, alone",
  replay: "replay",
} as const;

export interface RateFigures {
  rounds: number;
  slices: Slices;
  audits: Audit[];
}

const CONNECTIONS = 16;

export async function measureRates(lab: Lab): Promise<RateFigures> {
  const floors = await lab.startFloors();
  const [peer, memory] = [await lab.startPeer(), await lab.startPeer(false)];
  const products = [await lab.startProduct("instant"), await lab.startProduct("product")] as const;
  const [instant, sandbox] = [contender(products[0]), contender(products[1])];
  const edge = edgeContender(await lab.startProduct("edge"));
  const { server } = floors;
  const [bare, shared, fresh] = [
    { server, target: floors.bare },
    { server, target: floors.shared },
    { server, target: floors.fresh },
  ] as const;
  await warmAll([bare, shared, edge, peer, memory, instant, sandbox]);
  lab.report("warm");

  const stage = (name: string, options: Omit<SliceOptions, "connections">, connections = CONNECTIONS): Stage => ({
    name,
    run: () => closedSlice({ ...options, connections }),
  });
  const replays = { server: products[0].server, target: products[0].replays };
  const stages = [
    stage(STAGE.bare, { ...bare, forMs: 600 }),
    stage(STAGE.edge, { ...edge, forMs: 800 }),
    stage(STAGE.shared, { ...shared, forMs: 1500 }),
    stage(STAGE.fresh, { ...fresh, forMs: 1200 }),
    stage(STAGE.peer, { ...peer, forMs: 1200 }),
    stage(STAGE.memory, { ...memory, forMs: 800 }),
    stage(STAGE.instant, { ...instant, forMs: 1800 }),
    stage(STAGE.instantAlone, { ...instant, forMs: 1000 }, 1),
    stage(STAGE.sandbox, { ...sandbox, forMs: 1800 }),
    stage(STAGE.sandboxAlone, { ...sandbox, forMs: 1000 }, 1),
    stage(STAGE.replay, { ...replays, forMs: 800 }),
  ];
  const slices = await runRounds(stages, lab);
  const servers = [server, peer.server, memory.server, edge.server, instant.server, sandbox.server];
  await Promise.all(servers.map((one) => one.stop()));
  return { rounds: lab.rounds, slices, audits: [audit(products[0], false), audit(products[1], true)] };
}
