/** Everything that is measured side by side: the product, the same with parts left out, the floors, a peer. */
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildWorker, plainWorker } from "./build.ts";
import { message, type Reply } from "./connection.ts";
import { closedLoop, type Target } from "./load.ts";
import { ROOT } from "./paths.ts";
import { serveNodeSqlite } from "./peer.ts";
import { BODY, drained, type Product } from "./product.ts";
import { type Project, readProject } from "./project.ts";
import { type Server, serveWorker, type WorkerServer } from "./server.ts";

export interface Contender {
  server: Server;
  target: Target;
  settle?: () => Promise<void>;
}

/** Where a variant of the product comes from; relative to the repository. */
export const VARIANTS = {
  instant: "bench/workers/instant-processor.ts",
  edge: "bench/workers/edge-only.ts",
  counted: "bench/workers/counted-reads.ts",
} as const;

/** Not the product: built without its configuration. */
const HELLO = "bench/workers/hono-hello.ts";

export type BuildName = "product" | "hello" | keyof typeof VARIANTS;

/** Bundles, made when they are first asked for. */
export class Builds {
  readonly project: Project = readProject();
  readonly #directory: string;
  readonly #made = new Map<string, string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  code(name: BuildName): string {
    const made = this.#made.get(name) ?? this.#build(name);
    this.#made.set(name, made);
    return made;
  }

  #build(name: BuildName): string {
    const out = join(this.#directory, name);
    if (name === "product") return buildWorker(out);
    if (name !== "hello") return buildWorker(out, { entry: VARIANTS[name] });
    mkdirSync(this.#directory, { recursive: true });
    const config = join(this.#directory, "hello.toml");
    writeFileSync(config, `name = "hello"\ncompatibility_date = "${this.project.compatibilityDate}"\n`);
    return buildWorker(out, { entry: join(ROOT, HELLO), config });
  }
}

export interface Floors {
  server: WorkerServer;
  bare: Target;
  shared: Target;
  fresh: Target;
}

export async function startFloors(directory: string, project: Project): Promise<Floors> {
  const objects = new Map([
    ["SHARED", "SharedFloor"],
    ["FRESH", "FreshFloor"],
  ]);
  const own: Project = { ...project, objects, assets: null };
  const server = await serveWorker(directory, { code: plainWorker("floors.ts"), project: own, variables: {} });
  const to = (path: string): Target => plainTarget(server.port, path);
  return { server, bare: to("/"), shared: to("/shared"), fresh: to("/fresh") };
}

/** `isDurable`: false keeps its database in memory. */
export async function startPeer(directory: string, isDurable = true): Promise<Contender> {
  const server = await serveNodeSqlite(directory, isDurable);
  return { server, target: plainTarget(server.port, "/") };
}

/** The product's own request to something that does less with it. */
function plainTarget(port: number, path: string): Target {
  const accept = ({ status }: Reply) => status === 201;
  return {
    port,
    accept,
    next: () => message("POST", path, { ...JSON_HEADERS, "idempotency-key": randomUUID() }, BODY),
  };
}

const JSON_HEADERS = { authorization: "Bearer sk_test_000000000000000000000000", "content-type": "application/json" };

/** A product, or a variant that stores, as a contender. */
export function contender(product: Product): Contender {
  return { server: product.server, target: product.creates, settle: () => drained(product) };
}

/** The variant that answers from the door of the shard always names the same payment. */
export function edgeContender({ server, creates }: Product): Contender {
  return { server, target: { ...creates, accept: ({ status }) => status === 201 } };
}

/** By count, not by time: on a slow machine the optimiser needs as many requests as on a fast one. */
const WARM_REQUESTS = 2_500;
const WARM_LIMIT_MS = 15_000;

export async function warmAll(contenders: readonly Contender[]): Promise<void> {
  for (const { target, settle } of contenders) {
    const load = { connections: 16, forMs: WARM_LIMIT_MS, limit: WARM_REQUESTS };
    const { errors, firstError } = await closedLoop(target, load);
    if (errors > 0) throw new Error(`warming up: ${errors} errors, first ${firstError}`);
    await settle?.();
  }
}
