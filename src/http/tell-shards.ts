import type { Context } from "hono";
import type { PaymentShardApi } from "../durable/shard-api.ts";
import type { AppEnv } from "./env.ts";
import { logFault } from "./middleware/observe.ts";
import { shardAddress } from "./shard-call.ts";

/** As many as a request may wait for; the rest hear of it in the background. */
const AWAITED_SHARDS = 4;

/** Calls every shard of the caller. A shard that cannot be reached is logged: it reads again by itself before long. */
export async function tellShards(
  c: Context<AppEnv>,
  tell: (shard: PaymentShardApi, index: number) => Promise<unknown>,
): Promise<void> {
  const caller = c.get("caller");
  const calls = Array.from({ length: caller.shards }, async (_, shard) => {
    try {
      await tell(c.get("openShard")(c.env, shardAddress(caller, shard)), shard);
    } catch (error) {
      logFault(c, error);
    }
  });
  c.executionCtx.waitUntil(Promise.all(calls.slice(AWAITED_SHARDS)));
  await Promise.all(calls.slice(0, AWAITED_SHARDS));
}
