/** PayPal's webhooks: signed with a certificate, and verified by asking PayPal itself, with the account's own token. */
import type { Outcome } from "../../domain/outcome.ts";
import type { CallContext, ProcessorRequest, WebhookFact } from "../connector.ts";
import { declineError, refusalError } from "../declines.ts";
import { type KeyedOperation, readOperationKey } from "../operation-key.ts";
import { type Json, listAt, objectAt, parseObject, textAt } from "../read-json.ts";
import { readMoney } from "./amount.ts";
import { AUTHORIZATION_STATUSES, CAPTURE_STATUSES, EVENTS, meaningIn, REFUND_STATUSES } from "./codes.ts";
import { sendAuthorized } from "./send-authorized.ts";

const HEADERS = ["auth_algo", "cert_url", "transmission_id", "transmission_sig", "transmission_time"] as const;

/** The body goes back to PayPal as it came, byte for byte: printed anew, its signature would not fit. */
export async function verifyEvent(raw: Uint8Array, headers: Headers, context: CallContext): Promise<boolean> {
  const { webhookId } = context.account.credentials;
  const text = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(raw);
  if (webhookId === undefined || parseObject(text) === null) return false;
  const given: Record<string, string> = { webhook_id: webhookId };
  for (const name of HEADERS) {
    const value = headers.get(`paypal-${name.replaceAll("_", "-")}`);
    if (value === null || value === "" || value.length > 2_000) return false;
    given[name] = value;
  }
  const body = `${JSON.stringify(given).slice(0, -1)},"webhook_event":${text}}`;
  const answer = await sendAuthorized(verificationRequest(body), context);
  if (answer.kind === "no_answer" || answer.status !== 200) return false;
  return textAt(parseObject(answer.body), "verification_status") === "SUCCESS";
}

function verificationRequest(body: string): ProcessorRequest {
  const headers = { "content-type": "application/json" };
  return { method: "POST", path: "/v1/notifications/verify-webhook-signature", headers, body };
}

export function readEvent(raw: Uint8Array): WebhookFact[] {
  const event = parseObject(new TextDecoder().decode(raw));
  const messageId = textAt(event, "id");
  const resource = objectAt(event, "resource");
  const kind = meaningIn(EVENTS, textAt(event, "event_type"));
  if (messageId === null || messageId.length > 255 || resource === null) return [];
  const key = keyIn(resource);
  const operation = key === null ? null : readOperationKey(key);
  if (key === null || operation === null) return [];
  const outcome = kind === null || kind === "order" ? null : outcomeOf(resource, kind, operation.operation);
  const fact = { messageId, paymentId: operation.paymentId };
  return [outcome === null ? { ...fact, key: null, outcome: null } : { ...fact, key, outcome }];
}

/** A capture of an authorization has its own invoice number, a refund its own custom id; else it is the order's. */
function keyIn(resource: Json): string | null {
  const [unit] = listAt(resource, "purchase_units");
  const names = [textAt(resource, "invoice_id"), textAt(resource, "custom_id"), textAt(unit ?? null, "custom_id")];
  return names.find((name) => name !== null && readOperationKey(name) !== null) ?? null;
}

const STATUSES = {
  capture: CAPTURE_STATUSES,
  authorization: AUTHORIZATION_STATUSES,
  refund: REFUND_STATUSES,
};

/** What each kind of resource can be about: a sale's capture belongs to the attempt itself. */
const ABOUT: Record<keyof typeof STATUSES, readonly KeyedOperation[]> = {
  capture: ["attempt", "capture"],
  authorization: ["attempt"],
  refund: ["refund"],
};

/** Null where it settles nothing by itself. */
function outcomeOf(resource: Json, kind: keyof typeof STATUSES, operation: KeyedOperation): Outcome | null {
  const status = textAt(resource, "status");
  const reference = textAt(resource, "id");
  const meaning = meaningIn(STATUSES[kind], status);
  if (reference === null || meaning === null || meaning === "pending" || !ABOUT[kind].includes(operation)) return null;
  if (meaning === "declined") {
    // A voided authorization was one: what it was is known already.
    if (kind === "authorization" && status === "VOIDED") return null;
    const error = operation === "attempt" ? declineError("other", status, null) : refusalError(operation, status, null);
    return { kind: "declined", error, reference };
  }
  const said = readMoney(resource);
  return said === null ? null : { kind: "approved", reference, ...said };
}
