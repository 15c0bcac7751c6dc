import { Hono } from "hono";
import { isPaymentId, parseChildId, shardOfPayment } from "../../domain/ids.ts";
import type { AppEnv } from "../env.ts";
import { makeClaim, takeIdempotencyKey } from "../idempotency.ts";
import { requireKey } from "../middleware/authenticate.ts";
import { requireRefundId } from "../middleware/path-id.ts";
import { readJson } from "../middleware/read-json.ts";
import { validateJson, validateQuery } from "../middleware/validate.ts";
import { createRefund, refundsQuery } from "../schemas/refund.ts";
import { answerFromShard, rejectUnknown, shardAddress } from "../shard-call.ts";

const reads = requireKey("payments:read");

export const refunds = new Hono<AppEnv>()
  .post("/", requireKey("refunds:write"), takeIdempotencyKey, readJson, validateJson(createRefund), (c) => {
    const { paymentId, amount = null, reason = null, metadata = {} } = c.req.valid("json");
    if (!isPaymentId(paymentId)) return rejectUnknown(c);
    const address = shardAddress(c.get("caller"), shardOfPayment(paymentId));
    const input = {
      origin: new URL(c.req.url).origin,
      requestId: c.get("requestId"),
      idempotency: makeClaim(c),
      paymentId,
      action: { type: "refund", amount, reason, metadata } as const,
    };
    return answerFromShard(c, {
      address,
      isSafe: input.idempotency !== null,
      run: (shard) => shard.act(address, input),
    });
  })
  .get("/", reads, validateQuery(refundsQuery), (c) => {
    const { paymentId, limit, cursor = null } = c.req.valid("query");
    if (!isPaymentId(paymentId)) return rejectUnknown(c);
    const address = shardAddress(c.get("caller"), shardOfPayment(paymentId));
    return answerFromShard(c, {
      address,
      isSafe: true,
      run: (shard) => shard.listRefunds(address, paymentId, { limit, cursor }),
    });
  })
  .get("/:id", reads, requireRefundId, (c) => {
    const id = c.req.param("id");
    const owner = parseChildId("re", id)?.paymentId ?? "";
    const address = shardAddress(c.get("caller"), shardOfPayment(owner));
    return answerFromShard(c, { address, isSafe: true, run: (shard) => shard.readRefund(address, id) });
  });
