/** Checkout.com's events: signed as a whole, without a time, so each may come again for ever and changes nothing then. */
import type { Outcome } from "../../domain/outcome.ts";
import type { CallContext, WebhookFact } from "../connector.ts";
import { declineError, refusalError } from "../declines.ts";
import { readOperationKey } from "../operation-key.ts";
import { type Json, objectAt, parseObject, textAt } from "../read-json.ts";
import { readAmount, readCurrency } from "./amount.ts";
import { eventMeaning, responseDecline } from "./codes.ts";

const SIGNATURE = /^[0-9a-f]{64}$/i;

/** `cko-signature`: HMAC-SHA-256 of the raw body in hex, by the key that was given to the webhook. */
export async function verifyEvent(raw: Uint8Array, headers: Headers, { account }: CallContext): Promise<boolean> {
  const { webhookSecret } = account.credentials;
  const signature = headers.get("cko-signature");
  if (webhookSecret === undefined || signature === null || !SIGNATURE.test(signature)) return false;
  const secret = new TextEncoder().encode(webhookSecret);
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  // WebCrypto compares in constant time.
  return crypto.subtle.verify("HMAC", key, Buffer.from(signature, "hex"), Buffer.from(raw));
}

export function readEvent(raw: Uint8Array): WebhookFact[] {
  const body = parseObject(new TextDecoder().decode(raw));
  const messageId = textAt(body, "id");
  const type = textAt(body, "type");
  const data = objectAt(body, "data");
  const key = textAt(data, "reference");
  if (messageId === null || messageId.length > 255 || type === null || data === null || key === null) return [];
  const operation = readOperationKey(key);
  if (operation === null) return [];
  const outcome = outcomeOf(data, type, operation.operation);
  const fact = { messageId, paymentId: operation.paymentId };
  return [outcome === null ? { ...fact, key: null, outcome: null } : { ...fact, key, outcome }];
}

/** Null where it settles nothing by itself. */
function outcomeOf(data: Json, type: string, operation: string): Outcome | null {
  const meaning = eventMeaning(type);
  const code = textAt(data, "response_code");
  const summary = textAt(data, "response_summary");
  if (meaning === "hint") return null;
  if (meaning === "declined") {
    const reference = textAt(data, "id");
    if (operation !== "attempt" || reference === null) return null;
    return { kind: "declined", error: declineError(responseDecline(code), code, summary), reference };
  }
  const reference = textAt(data, "action_id");
  if (meaning.about !== operation || reference === null) return null;
  if (!meaning.isSuccess) return { kind: "declined", error: refusalError(meaning.about, code, summary), reference };
  const currency = readCurrency(data);
  const amount = currency === null ? null : readAmount(data, currency);
  return currency === null || amount === null ? null : { kind: "approved", reference, amount, currency };
}
