import { Hono } from "hono";
import { healthName } from "../../durable/health-api.ts";
import { readAccount } from "../../projection/connector-accounts.ts";
import type { AppEnv } from "../env.ts";
import { requireKey } from "../middleware/authenticate.ts";
import { requirePlainId } from "../middleware/path-id.ts";
import { rejectUnknown, shardAddress } from "../shard-call.ts";
import { tellShards } from "../tell-shards.ts";

export const connectorHealth = new Hono<AppEnv>().get(
  "/:id/health",
  requireKey("config:read"),
  requirePlainId("ca"),
  async (c) => {
    const caller = c.get("caller");
    const account = await readAccount(c.env.DB, caller, c.req.param("id"));
    if (account === null) return rejectUnknown(c);
    // Shards report by themselves every few seconds; whoever asks sees what they have seen until now.
    await tellShards(c, (shard, index) => shard.reportHealth(shardAddress(caller, index)));
    const text = await c.env.CONNECTOR_HEALTH.getByName(healthName(caller)).read({
      id: account.id,
      label: account.label,
    });
    return c.body(text, 200, { "content-type": "application/json; charset=utf-8" });
  },
);
