import { Hono } from "hono";
import { shardOfPayment } from "../../domain/ids.ts";
import type { AppEnv } from "../env.ts";
import { requireKey } from "../middleware/authenticate.ts";
import { requirePaymentId } from "../middleware/path-id.ts";
import { answerFromShard, shardAddress } from "../shard-call.ts";

export const receipt = new Hono<AppEnv>().get("/:id/receipt", requireKey("payments:read"), requirePaymentId, (c) => {
  const id = c.req.param("id");
  const address = shardAddress(c.get("caller"), shardOfPayment(id));
  return answerFromShard(c, { address, isSafe: true, run: (stub) => stub.readReceipt(address, id) });
});
