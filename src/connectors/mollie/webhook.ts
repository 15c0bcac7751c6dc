/**
 * Mollie posts nothing but a payment's id, unsigned. So it is looked up with our own key: only an id that Mollie knows
 * as ours is a message, and the message is no more than a hint.
 */
import type { CallContext, WebhookFact } from "../connector.ts";
import { readOperationKey } from "../operation-key.ts";
import { type Json, objectAt, parseObject, textAt } from "../read-json.ts";
import { paymentRequest } from "./request.ts";

const PAYMENT_ID = /^tr_[A-Za-z0-9]{4,60}$/;

/** The payment of a message that was just verified, so that one message costs one question. */
const asked = new WeakMap<Uint8Array, Json>();

export async function verifyNotice(raw: Uint8Array, _headers: Headers, context: CallContext): Promise<boolean> {
  const payment = await askFor(raw, context);
  if (payment === null) return false;
  asked.set(raw, payment);
  return true;
}

async function askFor(raw: Uint8Array, context: CallContext): Promise<Json | null> {
  const id = new URLSearchParams(new TextDecoder().decode(raw)).get("id") ?? "";
  if (raw.length > 200 || !PAYMENT_ID.test(id)) return null;
  const answer = await context.send(paymentRequest(id, context.account));
  const payment = answer.kind === "answer" && answer.status === 200 ? parseObject(answer.body) : null;
  return textAt(payment, "id") === id ? payment : null;
}

export async function readNotice(raw: Uint8Array, context: CallContext): Promise<WebhookFact[]> {
  const payment = asked.get(raw) ?? (await askFor(raw, context));
  const key = textAt(objectAt(payment, "metadata"), "key");
  const operation = key === null ? null : readOperationKey(key);
  const id = textAt(payment, "id");
  if (id === null || operation === null) return [];
  // Mollie's notices have no name of their own, and the next one about the same payment says something new.
  return [{ messageId: `${id}:${context.now}`, paymentId: operation.paymentId, key: null, outcome: null }];
}
