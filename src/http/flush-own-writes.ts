import type { Context } from "hono";
import type { AppEnv } from "./env.ts";
import { shardAddress } from "./shard-call.ts";

/** Beyond this many shards, waiting for all of them would cost a list more than its freshness is worth. */
const MAX_SHARDS_TO_FLUSH = 4;
const MAX_FLUSH_MS = 250;

/** Before a read of the read model. A shard that cannot be reached in time must not keep the merchant from what is in D1. */
export async function flushOwnWrites(c: Context<AppEnv>): Promise<void> {
  const caller = c.get("caller");
  if (caller.shards > MAX_SHARDS_TO_FLUSH) return;
  const flushes = Array.from({ length: caller.shards }, (_, shard) =>
    c.get("openShard")(c.env, shardAddress(caller, shard)).flush(MAX_FLUSH_MS),
  );
  await Promise.race([Promise.allSettled(flushes), scheduler.wait(2 * MAX_FLUSH_MS)]);
}

/** The same for one payment's shard. */
export async function flushShard(c: Context<AppEnv>, shard: number): Promise<void> {
  const door = c.get("openShard")(c.env, shardAddress(c.get("caller"), shard));
  await Promise.race([door.flush(MAX_FLUSH_MS).catch(() => false), scheduler.wait(2 * MAX_FLUSH_MS)]);
}
