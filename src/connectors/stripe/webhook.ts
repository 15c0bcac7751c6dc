/** Stripe's events: verified as docs.stripe.com/webhooks#verify-manually says, then read as facts. */
import type { ConnectorAccount, WebhookFact } from "../connector.ts";
import { readOperationKey } from "../operation-key.ts";
import { integerAt, type Json, objectAt, parseObject, textAt } from "../read-json.ts";
import { fromStripeAmount } from "./amounts.ts";
import { readStatus, refundStatus } from "./response.ts";

/** Both ways: Stripe's own library refuses only what is too old. */
const TOLERANCE_S = 300;
/** More than a rotation of secrets ever needs. */
const MAX_SIGNATURES = 8;

export async function verifyEvent(
  raw: Uint8Array,
  headers: Headers,
  { account, now }: { account: ConnectorAccount; now: number },
): Promise<boolean> {
  const secret = account.credentials["webhookSecret"];
  const header = headers.get("stripe-signature");
  if (secret === undefined || secret === "" || header === null || header.length > 4096) return false;
  const { times, signatures } = parseHeader(header);
  const [time] = times;
  if (time === undefined || times.length !== 1 || !/^\d{1,12}$/.test(time)) return false;
  if (Math.abs(now / 1000 - Number(time)) > TOLERANCE_S) return false;
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["verify"]);
  const signed = Buffer.concat([encoder.encode(`${time}.`), raw]);
  for (const signature of signatures.slice(0, MAX_SIGNATURES)) {
    // WebCrypto compares in constant time.
    if (await crypto.subtle.verify("HMAC", key, Buffer.from(signature, "hex"), signed)) return true;
  }
  return false;
}

/** `v0` and whatever else Stripe may add is not looked at. */
function parseHeader(header: string): { times: string[]; signatures: string[] } {
  const parts = header.split(",").map((part) => part.trim());
  const valuesOf = (name: string) =>
    parts.filter((part) => part.startsWith(`${name}=`)).map((part) => part.slice(name.length + 1));
  return { times: valuesOf("t"), signatures: valuesOf("v1").filter((value) => /^[0-9a-f]{64}$/i.test(value)) };
}

/** Only what carries our metadata is ours: one Stripe account may serve other systems, too. */
export function readEvent(raw: Uint8Array): WebhookFact[] {
  const event = parseObject(new TextDecoder().decode(raw));
  const messageId = textAt(event, "id");
  const type = textAt(event, "type");
  const object = objectAt(objectAt(event, "data"), "object");
  if (messageId === null || messageId.length > 255 || type === null || object === null) return [];
  const fact = readFact(type, object);
  return fact === null ? [] : [{ messageId, ...fact }];
}

type Fact = Omit<WebhookFact, "messageId">;

function readFact(type: string, object: Json): Fact | null {
  switch (type) {
    case "payment_intent.amount_capturable_updated":
    case "payment_intent.payment_failed":
    case "payment_intent.processing":
    case "payment_intent.requires_action":
    case "payment_intent.succeeded":
      return attemptFact(object);
    // What they mean depends on what was asked for: a void or a capture has no object of its own.
    case "payment_intent.canceled":
    case "setup_intent.canceled":
    case "setup_intent.requires_action":
    case "setup_intent.setup_failed":
    case "setup_intent.succeeded":
    case "charge.captured":
    case "charge.expired":
    case "charge.refunded":
      return hint(object);
    case "refund.created":
    case "refund.updated":
    case "refund.failed":
    case "charge.refund.updated":
      return refundFact(object);
    default:
      return null;
  }
}

function attemptFact(intent: Json): Fact | null {
  const attempt = textAt(objectAt(intent, "metadata"), "attempt");
  const reference = textAt(intent, "id");
  if (attempt === null || reference === null) return null;
  const isManual = textAt(intent, "capture_method") === "manual";
  // A capture's amount is the difference to a sum that only a look-up of ours can tell.
  if (isManual && textAt(intent, "status") === "succeeded") return hint(intent);
  const outcome = readStatus(intent, { kind: isManual ? "authorize" : "charge", reference, capturedBefore: 0 });
  const paymentId = readOperationKey(attempt)?.paymentId ?? null;
  return { paymentId, key: attempt, outcome: outcome.kind === "unknown" ? null : outcome };
}

function hint(object: Json): Fact | null {
  const attempt = textAt(objectAt(object, "metadata"), "attempt");
  if (attempt === null) return null;
  return { paymentId: readOperationKey(attempt)?.paymentId ?? null, key: null, outcome: null };
}

function refundFact(refund: Json): Fact | null {
  const key = textAt(objectAt(refund, "metadata"), "refund");
  const reference = textAt(refund, "id");
  const currency = textAt(refund, "currency");
  if (key === null || reference === null || currency === null) return null;
  const amount = fromStripeAmount(integerAt(refund, "amount") ?? -1, currency);
  const outcome = amount === null ? null : refundStatus(refund, { reference, amount, currency });
  return {
    paymentId: readOperationKey(key)?.paymentId ?? null,
    key,
    outcome: outcome?.kind === "unknown" ? null : outcome,
  };
}
