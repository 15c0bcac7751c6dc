import type { Event, Payment, Refund } from "./api-types.ts";

interface Envelope<Type extends string, Data> {
  /** `evt_…`: the same for every try, so the key by which a receiver knows what it has. */
  id: string;
  type: Type;
  /** ISO 8601 */
  created: string;
  /** Within the payment, from 1 without a gap; 0 for a ping. */
  sequence: number;
  data: Data;
}

type Type = Event["type"];
export type PaymentEventType = Extract<Type, `payment.${string}`>;
export type RefundEventType = Extract<Type, `refund.${string}`>;
export type DisputeEventType = Extract<Type, `dispute.${string}`>;

/** By `type`, so that a `switch` over it knows what `data` holds. A later version may send types that are not here. */
export type WebhookEvent =
  | Envelope<PaymentEventType, { payment: Payment; refund?: Refund }>
  | Envelope<RefundEventType, { payment: Payment; refund: Refund }>
  | Envelope<DisputeEventType, { payment: Payment }>
  | Envelope<"ping", { payment: Record<string, never> }>;

/** The request is not from us, or not fresh. Answer 400 and do nothing. */
export class WebhookVerificationError extends Error {
  override readonly name = "WebhookVerificationError";
}

export interface VerifyOptions {
  /** How far the sender's clock and delays may be off, both ways. Default 300. */
  toleranceSeconds?: number;
  /** ms since 1970; default: now. */
  now?: number;
}

type HeaderSource = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

const PREFIX = "whsec_";
const DEFAULT_TOLERANCE_SECONDS = 300;

/**
 * Checks a webhook by Standard Webhooks 1.0 and reads it. `body` must be the raw bytes or text as they came: one that
 * was parsed and written again has another signature. During a rotation give both secrets. Throws
 * `WebhookVerificationError`.
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: HeaderSource,
  secrets: string | readonly string[],
  { toleranceSeconds = DEFAULT_TOLERANCE_SECONDS, now = Date.now() }: VerifyOptions = {},
): Promise<WebhookEvent> {
  const id = readHeader(headers, "webhook-id");
  const timestamp = readHeader(headers, "webhook-timestamp");
  const signatures = readHeader(headers, "webhook-signature");
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookVerificationError("the timestamp is none");
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds) {
    throw new WebhookVerificationError("the timestamp is too old or too new");
  }
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const signed = concat(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  const keys = typeof secrets === "string" ? [secrets] : secrets;
  const isGenuine = await matchesAny(signed, signatures, keys);
  if (!isGenuine) throw new WebhookVerificationError("no signature matches");
  return JSON.parse(new TextDecoder().decode(bytes)) as WebhookEvent;
}

/** `crypto.subtle.verify` compares in constant time. */
async function matchesAny(
  signed: Uint8Array<ArrayBuffer>,
  signatures: string,
  secrets: readonly string[],
): Promise<boolean> {
  const candidates = signatures
    .split(" ")
    .flatMap((each) => (each.startsWith("v1,") ? decodeBase64(each.slice(3)) : []));
  const keys = secrets.flatMap((secret) =>
    decodeBase64(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret),
  );
  for (const key of keys) {
    const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    for (const candidate of candidates) {
      if (await crypto.subtle.verify("HMAC", imported, candidate, signed)) return true;
    }
  }
  return false;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer>[] {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return bytes.length === 0 ? [] : [bytes];
  } catch {
    return [];
  }
}

function concat(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(one.length + other.length);
  all.set(one);
  all.set(other, one.length);
  return all;
}

function readHeader(headers: HeaderSource, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : findMember(headers, name);
  if (value === null || value === "") throw new WebhookVerificationError(`the header ${name} is missing`);
  return value;
}

function findMember(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  name: string,
): string | null {
  const entry = Object.entries(headers).find(([member]) => member.toLowerCase() === name);
  const value = entry?.[1];
  return typeof value === "string" ? value : (value?.[0] ?? null);
}
