/**
 * Adyen's standard webhooks. The signature covers eight fields and nothing else, so only those are believed: they say
 * which operation of ours ended, how, and with how much money. The reason is text to show, nothing is decided by it.
 */
import type { Outcome } from "../../domain/outcome.ts";
import type { CallContext, WebhookFact } from "../connector.ts";
import { declineError, refusalError } from "../declines.ts";
import { type KeyedOperation, readOperationKey } from "../operation-key.ts";
import { type Json, listAt, objectAt, parseObject, textAt } from "../read-json.ts";
import { readAmount } from "./amount.ts";
import { type EventMeaning, eventMeaning } from "./codes.ts";

/** Adyen sends one; more than a few is not a notification. */
const MAX_ITEMS = 50;

function itemsOf(raw: Uint8Array): Json[] {
  const body = parseObject(new TextDecoder().decode(raw));
  const entries = listAt(body, "notificationItems");
  return entries.map((entry) => objectAt(entry, "NotificationRequestItem")).filter((item) => item !== null);
}

/** Every item must be signed: one that is not would ride in on the others. */
export async function verifyNotification(
  raw: Uint8Array,
  _headers: Headers,
  { account }: CallContext,
): Promise<boolean> {
  const { hmacKey } = account.credentials;
  const items = itemsOf(raw);
  if (hmacKey === undefined || !/^(?:[0-9a-fA-F]{2}){16,64}$/.test(hmacKey)) return false;
  if (items.length === 0 || items.length > MAX_ITEMS) return false;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", Buffer.from(hmacKey, "hex"), algorithm, false, ["verify"]);
  for (const item of items) {
    const signature = textAt(objectAt(item, "additionalData"), "hmacSignature");
    if (signature === null || !/^[A-Za-z0-9+/]{43}=$/.test(signature)) return false;
    // WebCrypto compares in constant time.
    if (!(await crypto.subtle.verify("HMAC", key, Buffer.from(signature, "base64"), Buffer.from(signedText(item)))))
      return false;
  }
  return true;
}

/** "Verify HMAC signatures" in Adyen's documentation: joined as they stand, an absent one as nothing. */
export function signedText(item: Json): string {
  const amount = objectAt(item, "amount");
  const { pspReference, originalReference, merchantAccountCode, merchantReference, eventCode, success } = item;
  const fields = [pspReference, originalReference, merchantAccountCode, merchantReference];
  return [...fields, amount?.["value"], amount?.["currency"], eventCode, success]
    .map((field) => (typeof field === "string" || typeof field === "number" ? field : ""))
    .join(":");
}

export function readNotification(raw: Uint8Array, { account }: Pick<CallContext, "account">): WebhookFact[] {
  return itemsOf(raw).flatMap((item) => readItem(item, account.credentials["merchantAccount"] ?? "") ?? []);
}

/** Null where it is about no payment of ours, or a field could be read in two ways: the fields are joined unescaped. */
function readItem(item: Json, merchantAccount: string): WebhookFact | null {
  const reference = textAt(item, "pspReference");
  const code = textAt(item, "eventCode");
  const success = textAt(item, "success");
  const key = textAt(item, "merchantReference");
  if (reference === null || code === null || key === null || (success !== "true" && success !== "false")) return null;
  if (!/^[A-Za-z0-9]{8,64}$/.test(reference) || !/^[A-Z_]{3,60}$/.test(code)) return null;
  if (!/^[A-Za-z0-9]*$/.test(textAt(item, "originalReference") ?? "")) return null;
  if (textAt(item, "merchantAccountCode") !== merchantAccount) return null;
  const operation = readOperationKey(key);
  if (operation === null) return null;
  const fact = { messageId: `${code}:${reference}:${success}`, paymentId: operation.paymentId };
  const outcome = outcomeOf(
    item,
    { reference, isSuccess: success === "true", ...expected(eventMeaning(code)) },
    operation.operation,
  );
  return outcome === null ? { ...fact, key: null, outcome: null } : { ...fact, key, outcome };
}

/** Which of our operations an event is about, and whether its success is the operation's. */
function expected(meaning: EventMeaning): { about: KeyedOperation | null; isReversed: boolean } {
  switch (meaning) {
    case "hint":
      return { about: null, isReversed: false };
    case "capture_failed":
      return { about: "capture", isReversed: true };
    case "refund_failed":
      return { about: "refund", isReversed: true };
    default:
      return { about: meaning, isReversed: false };
  }
}

interface Event {
  reference: string;
  isSuccess: boolean;
  about: KeyedOperation | null;
  isReversed: boolean;
}

/** Null where it settles nothing by itself. */
function outcomeOf(item: Json, event: Event, operation: KeyedOperation): Outcome | null {
  const { reference, isSuccess, about, isReversed } = event;
  if (about !== operation || (isReversed && !isSuccess)) return null;
  if (!isSuccess || isReversed) {
    const reason = textAt(item, "reason");
    const error = operation === "attempt" ? declineError("other", null, reason) : refusalError(operation, null, reason);
    return { kind: "declined", error, reference };
  }
  const said = readAmount(item);
  if (said === "absent" || said === "unreadable") return null;
  return { kind: "approved", reference, ...said };
}
