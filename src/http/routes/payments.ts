import { type Context, Hono } from "hono";
import { paymentId, shardOf, shardOfPayment } from "../../domain/ids.ts";
import type { CreateInput, PaymentAction, PaymentShardApi, Reply, ShardAddress } from "../../durable/shard-api.ts";
import { keyedHash } from "../../vault/keys.ts";
import { checkCustomerId } from "../customer.ts";
import type { AppEnv } from "../env.ts";
import { reject } from "../errors.ts";
import { makeClaim, takeIdempotencyKey } from "../idempotency.ts";
import { requireKey, requirePublicOrSecretKey } from "../middleware/authenticate.ts";
import { allowCrossOrigin } from "../middleware/cors.ts";
import { requirePaymentId } from "../middleware/path-id.ts";
import { proveByBody, proveByQuery } from "../middleware/publishable.ts";
import { readJson } from "../middleware/read-json.ts";
import { validateJson, validateQuery } from "../middleware/validate.ts";
import { checkPublicMembers, resolveMethod, toChanges, toDetails } from "../payment-input.ts";
import { regionOf } from "../region.ts";
import { pageQuery } from "../schemas/common.ts";
import {
  cancelPayment,
  capturePayment,
  confirmPayment,
  createPayment,
  emptyBody,
  readQuery,
  updatePayment,
} from "../schemas/payment.ts";
import { answerFromShard, shardAddress } from "../shard-call.ts";

const writes = requireKey("payments:write");
const reads = requireKey("payments:read");

export const payments = new Hono<AppEnv>()
  .post("/", writes, takeIdempotencyKey, readJson, validateJson(createPayment, checkCustomerId), async (c) => {
    const body = c.req.valid("json");
    const resolved = resolveMethod(c, body.paymentMethod);
    if ("rejection" in resolved) return reject(c, resolved.rejection);
    const identity = paymentIdentity(c);
    const shard = shardOf(identity, c.get("caller").shards);
    const input: CreateInput = {
      ...commandBase(c),
      paymentId: paymentId(shard, identity),
      details: toDetails(c, body),
      method: resolved.method,
      confirm: body.confirm,
    };
    const address = shardAddress(c.get("caller"), shard);
    const run = (stub: PaymentShardApi) => (body.dryRun ? stub.rehearse(address, input) : stub.create(address, input));
    return answerFromShard(c, { address, isSafe: true, run });
  })
  .use("/:id", allowCrossOrigin("GET"))
  .get(
    "/:id",
    requirePublicOrSecretKey("payments:read"),
    requirePaymentId,
    proveByQuery,
    validateQuery(readQuery),
    (c) => {
      const { asOf } = c.req.valid("query");
      return readPayment(c, (stub, address, id) => stub.read(address, id, asOf));
    },
  )
  .patch("/:id", writes, requirePaymentId, readJson, validateJson(updatePayment, checkCustomerId), (c) => {
    const body = c.req.valid("json");
    const resolved = resolveMethod(c, body.paymentMethod);
    if ("rejection" in resolved) return reject(c, resolved.rejection);
    return act(c, { type: "update", changes: toChanges(c, body), method: resolved.method });
  })
  .use("/:id/confirm", allowCrossOrigin("POST"))
  .post(
    "/:id/confirm",
    requirePublicOrSecretKey("payments:write"),
    requirePaymentId,
    takeIdempotencyKey,
    readJson,
    proveByBody,
    validateJson(confirmPayment, checkCustomerId, checkPublicMembers),
    (c) => {
      const body = c.req.valid("json");
      const resolved = resolveMethod(c, body.paymentMethod);
      if ("rejection" in resolved) return reject(c, resolved.rejection);
      return act(c, { type: "confirm", changes: toChanges(c, body), method: resolved.method });
    },
  )
  .post("/:id/capture", writes, requirePaymentId, takeIdempotencyKey, readJson, validateJson(capturePayment), (c) => {
    const { amount, final } = c.req.valid("json");
    return act(c, { type: "capture", amount: amount ?? null, final: final ?? null });
  })
  .post("/:id/cancel", writes, requirePaymentId, takeIdempotencyKey, readJson, validateJson(cancelPayment), (c) =>
    act(c, { type: "cancel", reason: c.req.valid("json").reason ?? null }),
  )
  .post("/:id/sync", writes, requirePaymentId, takeIdempotencyKey, readJson, validateJson(emptyBody), (c) =>
    act(c, { type: "sync" }),
  )
  .post("/:id/approve", writes, requirePaymentId, takeIdempotencyKey, readJson, validateJson(emptyBody), (c) =>
    act(c, { type: "approve" }),
  )
  .post("/:id/reject", writes, requirePaymentId, takeIdempotencyKey, readJson, validateJson(emptyBody), (c) =>
    act(c, { type: "reject" }),
  )
  .get("/:id/events", reads, requirePaymentId, validateQuery(pageQuery), (c) => {
    const { limit, cursor = null } = c.req.valid("query");
    return readPayment(c, (stub, address, id) => stub.listEvents(address, id, { limit, cursor }));
  })
  .get("/:id/operations", reads, requirePaymentId, validateQuery(pageQuery), (c) => {
    const { limit, cursor = null } = c.req.valid("query");
    return readPayment(c, (stub, address, id) => stub.listOperations(address, id, { limit, cursor }));
  })
  .get("/:id/ledger", reads, requirePaymentId, validateQuery(pageQuery), (c) => {
    const { limit, cursor = null } = c.req.valid("query");
    return readPayment(c, (stub, address, id) => stub.readLedger(address, id, { limit, cursor }));
  });

/** A keyed create reaches the same payment for ever, without a look-up; an unkeyed one is always new. 32 bytes. */
function paymentIdentity(c: Context<AppEnv>): Uint8Array {
  const { merchantId, mode } = c.get("caller");
  const key = c.get("idempotencyKey");
  if (key === null) return crypto.getRandomValues(new Uint8Array(32));
  return keyedHash(c.env.MASTER_KEY, "idempotency", `pay/v1\n${merchantId}\n${mode}\n${key}`);
}

function commandBase(c: Context<AppEnv>) {
  const { origin } = new URL(c.req.url);
  return { origin, requestId: c.get("requestId"), idempotency: makeClaim(c), ...regionOf(c) };
}

/** Behind `requirePaymentId`. */
function act(c: Context<AppEnv>, action: PaymentAction): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const address = shardAddress(c.get("caller"), shardOfPayment(id));
  const input = { ...commandBase(c), paymentId: id, action };
  return answerFromShard(c, { address, isSafe: input.idempotency !== null, run: (stub) => stub.act(address, input) });
}

/** Behind `requirePaymentId`. */
function readPayment(
  c: Context<AppEnv>,
  read: (stub: PaymentShardApi, address: ShardAddress, id: string) => Promise<Reply>,
): Promise<Response> {
  const id = c.req.param("id") ?? "";
  const address = shardAddress(c.get("caller"), shardOfPayment(id));
  return answerFromShard(c, { address, isSafe: true, run: (stub) => read(stub, address, id) });
}
