import { Hono } from "hono";
import type { AppEnv } from "../env.ts";

/** A merchant that nobody is: its shard answers the question whether shards answer. */
const PROBE = { merchantId: "mer_readiness", merchantNumber: 0, mode: "test", shard: 0 } as const;

export const health = new Hono<AppEnv>()
  .get("/health", (c) => c.json({ status: "ok" }))
  .get("/ready", async (c) => {
    const checks = {
      database: await succeeds(() => c.env.DB.prepare("select 1").first()),
      shards: await succeeds(() => c.get("openShard")(c.env, PROBE).forgetConfiguration()),
    };
    const isReady = Object.values(checks).every(Boolean);
    return c.json({ status: isReady ? "ready" : "unavailable", checks }, isReady ? 200 : 503);
  });

async function succeeds(check: () => Promise<unknown>): Promise<boolean> {
  try {
    await check();
    return true;
  } catch {
    return false;
  }
}
