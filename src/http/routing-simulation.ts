import type { Context } from "hono";
import type * as z from "zod";
import { paymentId, shardOf } from "../domain/ids.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { CreateInput } from "../durable/shard-api.ts";
import type { AppEnv } from "./env.ts";
import { resolveMethod, toDetails } from "./payment-input.ts";
import { regionOf } from "./region.ts";
import type { createPayment } from "./schemas/payment.ts";
import { shardAddress } from "./shard-call.ts";

/** The receipt that such a payment would get. Draws an id for it, since draws come from the id. Without a method: the default card. */
export async function simulate(
  c: Context<AppEnv>,
  body: z.output<typeof createPayment>,
): Promise<{ answer: unknown } | { rejection: Rejection }> {
  const resolved = resolveMethod(c, body.paymentMethod ?? {});
  if ("rejection" in resolved) return resolved;
  const caller = c.get("caller");
  const identity = crypto.getRandomValues(new Uint8Array(32));
  const shard = shardOf(identity, caller.shards);
  const input: CreateInput = {
    origin: new URL(c.req.url).origin,
    requestId: c.get("requestId"),
    idempotency: null,
    paymentId: paymentId(shard, identity),
    details: toDetails(c, body),
    method: resolved.method,
    confirm: true,
    ...regionOf(c),
  };
  const address = shardAddress(caller, shard);
  const reply = await c.get("openShard")(c.env, address).simulate(address, input);
  return reply.ok ? { answer: JSON.parse(reply.body) } : { rejection: reply.rejection };
}
