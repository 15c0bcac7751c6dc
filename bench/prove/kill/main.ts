/** Ends workerd under load, again and again, at random and at the named steps of the protocol; then audits. */
import { Random } from "../sim/random.ts";
import { auditShop, type AuditResult } from "./audit.ts";
import { type Fault, Server } from "./server.ts";
import { Shop, sleep } from "./shop.ts";

const POINTS = ["before_intent", "after_intent", "after_call", "after_outcome"] as const;
const CLIENTS = 40;
/** How long a named step is waited for before the process is ended anyway. */
const POINT_LIMIT_MS = 700;

export interface KillOptions {
  cycles: number;
  seed: number;
  port?: number;
}

export interface KillResult extends AuditResult {
  kills: number;
  /** Of them, at a named step, by step. */
  atPoint: Record<string, number>;
  requests: number;
  unanswered: number;
  acknowledged: number;
  restartMs: number;
  seconds: number;
}

export async function proveKill({
  cycles,
  seed,
  port = 20_000 + (process.pid % 20_000),
}: KillOptions): Promise<KillResult> {
  const began = performance.now();
  const random = new Random(seed);
  const server = new Server(port);
  const restarts: number[] = [];
  const atPoint: Record<string, number> = Object.fromEntries(POINTS.map((point) => [point, 0]));
  try {
    await server.build();
    await server.start(null);
    await server.migrate();
    const shop = new Shop(server, random);
    await shop.setUp();
    const clients = Array.from({ length: CLIENTS }, () => shop.sell());
    await sleep(300);
    for (let kill = 0; kill < cycles; kill++) {
      await server.kill();
      const point = random.chance(0.5) ? POINTS[random.below(POINTS.length)] : undefined;
      const fault: Fault | null = point === undefined ? null : { point, skip: random.below(8) };
      const reached = new Promise<boolean>((resolve) => (server.onReached = () => resolve(true)));
      restarts.push(await server.start(fault));
      // Long enough on a slow machine, too, for something to be under way.
      const windowMs = 300 + 3 * (restarts.at(-1) ?? 0);
      if (point === undefined) await sleep(50 + random.below(windowMs));
      else if (await Promise.race([reached, sleep(POINT_LIMIT_MS + windowMs).then(() => false)]))
        atPoint[point] = (atPoint[point] ?? 0) + 1;
      if ((kill + 1) % 100 === 0) console.error(`${kill + 1} kills, ${shop.counts.acknowledged} answers`);
    }
    await server.kill();
    shop.close();
    await server.start(null);
    await Promise.all(clients);
    const audit = await auditShop(server, shop);
    const { sent: requests, unanswered, acknowledged } = shop.counts;
    restarts.sort((a, b) => a - b);
    const restartMs = Math.round(restarts[Math.floor(restarts.length / 2)] ?? 0);
    const seconds = (performance.now() - began) / 1000;
    return { ...audit, kills: cycles, atPoint, requests, unanswered, acknowledged, restartMs, seconds };
  } finally {
    await server.kill();
    server.remove();
  }
}
