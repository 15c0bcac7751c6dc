/** One slice of load on one server, with what it cost. A slice with a single wrong answer is no slice. */
import { setTimeout as sleep } from "node:timers/promises";
import { closedLoop, type LoadResult, type Target } from "./load.ts";
import type { Slice } from "./rounds.ts";
import type { Server } from "./server.ts";
import { quantile } from "./statistics.ts";

export interface SliceOptions {
  server: Pick<Server, "cpuUs">;
  target: Target;
  connections: number;
  forMs: number;
  /** At most so many requests. */
  limit?: number;
  /** Waits for what the answers deferred; its cost belongs to the slice. */
  settle?: () => Promise<void>;
}

/** A server's last slice may still be collecting garbage. */
const PAUSE_MS = 30;

export async function closedSlice({ server, target, settle, ...load }: SliceOptions): Promise<Slice> {
  return measureSlice(server, settle, () => closedLoop(target, load));
}

async function measureSlice(
  server: Pick<Server, "cpuUs">,
  settle: (() => Promise<void>) | undefined,
  load: () => Promise<LoadResult>,
): Promise<Slice> {
  await sleep(PAUSE_MS);
  const before = server.cpuUs();
  const result = await load();
  await settle?.();
  if (result.errors > 0) throw new Error(`${result.errors} wrong answers, the first: ${result.firstError}`);
  const { done, seconds, latencies } = result;
  return {
    done,
    perSecond: done / seconds,
    cpuUs: (server.cpuUs() - before) / done,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}
