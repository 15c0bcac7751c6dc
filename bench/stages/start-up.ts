/** A new isolate and its first answer, as a Worker's first request anywhere has to wait for it. */
import { join } from "node:path";
import { plainWorker } from "../harness/build.ts";
import { message } from "../harness/connection.ts";
import { runRounds, type Slices, type Stage } from "../harness/rounds.ts";
import { serveWorker } from "../harness/server.ts";
import { closedSlice } from "../harness/slice.ts";
import type { Lab } from "../lab.ts";

export const START = { hello: "Hono hello", product: "Switchyard" } as const;

export async function measureStartUp(lab: Lab): Promise<Slices> {
  const { project } = lab.builds;
  const variables = {
    COMPATIBILITY_DATE: project.compatibilityDate,
    HELLO: lab.builds.code("hello"),
    PRODUCT: lab.builds.code("product"),
  };
  const own = { ...project, objects: new Map<string, string>(), assets: null };
  const spec = { code: plainWorker("start-up.ts"), project: own, variables, loader: "LOADER" };
  const server = await serveWorker(join(lab.newDirectory("start-up")), spec);
  const stage = (name: string, path: string): Stage => {
    const target = { port: server.port, next: () => message("GET", path, {}), accept: isNotFound };
    return { name, run: () => closedSlice({ server, target, connections: 1, forMs: 60_000, limit: 8 }) };
  };
  const stages = [stage(START.hello, "/hello"), stage(START.product, "/product")];
  for (const one of stages) await one.run();
  const slices = await runRounds(stages, lab);
  await server.stop();
  return slices;
}

const isNotFound = ({ status }: { status: number }) => status === 404;
