import { shardOfPayment } from "../domain/ids.ts";
import {
  type Heard,
  type PaymentShardApi,
  type ProcessorMessage,
  type ShardAddress,
  shardName,
} from "../durable/shard-api.ts";
import {
  dueMessages,
  forgetParked,
  type ParkedFor,
  type ParkedMessage,
  type ParkedRow,
  parkMessage,
  postponeParked,
} from "./parked-messages.ts";

/** The Worker's bindings, as far as a message needs them. */
export interface MessageBindings {
  DB: D1Database;
  PAYMENT_SHARD: { getByName(name: string): Pick<PaymentShardApi, "hear"> };
}

/**
 * To the payment's shard; parked where nobody knows the payment. Throws where neither could be done, and false means
 * that it could not be parked: the processor has to send it again.
 */
export async function deliverMessage(env: MessageBindings, owner: ParkedFor, message: ParkedMessage): Promise<boolean> {
  const heard = await tellShard(env, owner, message);
  return heard !== "unknown" || parkMessage(env.DB, owner, message, Date.now());
}

/** From the cron. Each message is its own: one that fails waits for its next turn. */
export async function retryParked(env: MessageBindings, now: number): Promise<{ settled: number; postponed: number }> {
  const result = { settled: 0, postponed: 0 };
  for (const row of await dueMessages(env.DB, now)) {
    const isSettled = await retry(env, row);
    result[isSettled ? "settled" : "postponed"] += 1;
    await (isSettled ? forgetParked(env.DB, row) : postponeParked(env.DB, row, now));
  }
  return result;
}

async function retry(env: MessageBindings, row: ParkedRow): Promise<boolean> {
  const key = row.key === "" ? null : row.key;
  try {
    return (await tellShard(env, row, { ...row, key })) !== "unknown";
  } catch (error) {
    console.error(JSON.stringify({ event: "parked_message_failed", message: row.messageId, reason: String(error) }));
    return false;
  }
}

/** The payment's number leads to a shard of the account's own merchant and mode, and nowhere else. */
async function tellShard(env: MessageBindings, owner: ParkedFor, message: ParkedMessage): Promise<Heard> {
  const { paymentId, accountId, messageId, key, outcome } = message;
  const shard = paymentId === null ? Infinity : shardOfPayment(paymentId);
  if (paymentId === null || shard >= owner.shards) return "unknown";
  const { merchantId, merchantNumber, mode } = owner;
  const address: ShardAddress = { merchantId, merchantNumber, mode, shard };
  const told: ProcessorMessage = { accountId, messageId, paymentId, key, outcome };
  return env.PAYMENT_SHARD.getByName(shardName(address)).hear(told);
}
