/** The processor's messages: verified on the raw bytes, then read as facts. */
import { isPaymentId } from "../../domain/ids.ts";
import type { ConnectorAccount, WebhookFact } from "../connector.ts";
import { outcomeOf, parseBody } from "./response.ts";
import { hookKey, signedBytes } from "./sign.ts";
import { profileOf } from "./settings.ts";

/** Both ways: a clock that is ahead is as wrong as one that is behind. */
const TOLERANCE_S = 300;

const SIGNATURE = /^[0-9a-f]{64}$/i;

export async function verifyHook(
  raw: Uint8Array,
  headers: Headers,
  context: { account: ConnectorAccount; now: number },
): Promise<boolean> {
  const secret = profileOf(context.account).hook_secret;
  const header = headers.get("sandbox-signature");
  if (secret === null || header === null || header.length > 1024) return false;
  const parts = header.split(",").map((part) => part.trim());
  const times = parts.filter((part) => part.startsWith("t=")).map((part) => part.slice(2));
  const [time] = times;
  if (times.length !== 1 || time === undefined || !/^\d{1,12}$/.test(time)) return false;
  if (Math.abs(context.now / 1000 - Number(time)) > TOLERANCE_S) return false;
  const key = await hookKey(secret);
  const bytes = signedBytes(time, raw);
  for (const part of parts.slice(0, 8)) {
    const hex = part.slice(3);
    if (!part.startsWith("v1=") || !SIGNATURE.test(hex)) continue;
    // WebCrypto compares in constant time.
    if (await crypto.subtle.verify("HMAC", key, Buffer.from(hex, "hex"), bytes)) return true;
  }
  return false;
}

export function readHook(raw: Uint8Array): WebhookFact[] {
  const text = new TextDecoder().decode(raw);
  const body = parseBody(text);
  if (body === null) return [];
  const messageId: unknown = (body as unknown as Record<string, unknown>)["msg"];
  if (typeof messageId !== "string" || messageId === "" || messageId.length > 255) return [];
  const outcome = outcomeOf(body);
  const isFact = outcome.kind === "approved" || outcome.kind === "declined";
  const paymentId = body.order !== undefined && isPaymentId(body.order) ? body.order : null;
  return [{ messageId, paymentId, key: body.key ?? null, outcome: isFact ? outcome : null }];
}
