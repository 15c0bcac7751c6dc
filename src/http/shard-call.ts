/** Calls of a payment's shard, and what their failures mean to a merchant. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type PaymentShardApi, type Reply, type ShardAddress, shardName } from "../durable/shard-api.ts";
import type { AppEnv, Caller, ShardDoor } from "./env.ts";
import { plainRejection, reject, Unavailable } from "./errors.ts";
import { measure } from "./middleware/observe.ts";
import { toPublicRejection, writePublicPayment } from "./public-payment.ts";

export const openShard: ShardDoor = (env, address) => env.PAYMENT_SHARD.getByName(shardName(address));

export function shardAddress(caller: Caller, shard: number): ShardAddress {
  return { merchantId: caller.merchantId, merchantNumber: caller.merchantNumber, mode: caller.mode, shard };
}

export interface ShardCall {
  address: ShardAddress;
  /** Whether repeating it cannot do it twice: reads, a create (its id is fixed), and what carries an idempotency claim. */
  isSafe: boolean;
  run(shard: PaymentShardApi): Promise<Reply>;
}

/** Passes the shard's answer on, byte for byte; to a publishable key its public part only. The call outlives a client that hangs up: money may be on its way. */
export async function answerFromShard(c: Context<AppEnv>, call: ShardCall): Promise<Response> {
  const answered = measure(c, "shard", () => callShard(c, call));
  c.executionCtx.waitUntil(answered.catch(() => undefined));
  const reply = await answered;
  const isPublic = c.get("caller")?.keyType === "publishable";
  if (!reply.ok) return reject(c, isPublic ? toPublicRejection(reply.rejection) : reply.rejection);
  if (reply.replayed) c.header("idempotent-replayed", "true");
  const body = isPublic ? writePublicPayment(reply.body) : reply.body;
  return c.body(body, reply.status as ContentfulStatusCode, {
    "content-type": "application/json; charset=utf-8",
  });
}

/** Throws `Unavailable` where the shard cannot be reached; what the shard itself throws stays a fault. */
async function callShard(c: Context<AppEnv>, call: ShardCall): Promise<Reply> {
  try {
    return await call.run(c.get("openShard")(c.env, call.address));
  } catch (error) {
    const { overloaded, retryable } = error as { overloaded?: boolean; retryable?: boolean };
    if (overloaded === true) throw new Unavailable("the shard is overloaded", { cause: error });
    if (retryable !== true) throw error;
    if (!call.isSafe) throw new Unavailable("the shard did not answer", { cause: error });
  }
  try {
    return await call.run(c.get("openShard")(c.env, call.address));
  } catch (error) {
    throw new Unavailable("the shard did not answer twice", { cause: error });
  }
}

/** The shard's refusal of an id that is none: no object is woken for it. */
export function rejectUnknown(c: Context<AppEnv>): Response {
  return reject(c, plainRejection("not_found"));
}
