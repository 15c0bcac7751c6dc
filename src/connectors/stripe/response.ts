/** What Stripe's answers prove. Total and pure: what cannot be read with certainty proves nothing. */
import type Stripe from "stripe";
import type { Outcome } from "../../domain/outcome.ts";
import type { CallKind, ProcessorAnswer, ProcessorCall } from "../connector.ts";
import { refusalError } from "../declines.ts";
import { integerAt, type Json, listAt, objectAt, parseObject, textAt, webAddressAt } from "../read-json.ts";
import { fromStripeAmount } from "./amounts.ts";
import { processorError, type StripeError, unavailableError } from "./codes.ts";

export type Read = { object: Json; outcome: null } | { object: null; outcome: Outcome };

export function unknown(reason: string): Outcome {
  return { kind: "unknown", reason };
}

function conflicted(reason: string, reference: string | null): Outcome {
  return { kind: "conflicted", reason, ...(reference === null ? {} : { reference }) };
}

/** An object of the type that was asked for, or what the answer proves without one. */
export function readObject(answer: ProcessorAnswer, type: string, call: ProcessorCall): Read {
  const none = (outcome: Outcome): Read => ({ object: null, outcome });
  if (answer.kind === "no_answer") return none(unknown(answer.reason));
  const body = parseObject(answer.body);
  if (body === null) return none(unknown(`HTTP ${answer.status} with an unreadable body`));
  if (answer.status === 200 && textAt(body, "object") === type) return { object: body, outcome: null };
  if (answer.status === 200) return none(unknown(`an object of another type than ${type}`));
  const error = objectAt(body, "error");
  return none(
    error === null ? unknown(`HTTP ${answer.status} without an error`) : readError(answer.status, error, call),
  );
}

/** As `readObject`, for questions: an error then says something of the question, nothing of the operation. */
export function readFound(answer: ProcessorAnswer, type: string, call: ProcessorCall): Read {
  const read = readObject(answer, type, call);
  if (read.object !== null || read.outcome.kind === "unknown") return read;
  const status = answer.kind === "answer" ? answer.status : 0;
  return { object: null, outcome: unknown(`the look-up was answered with HTTP ${status}`) };
}

function readError(status: number, error: Json, call: ProcessorCall): Outcome {
  const { kind } = call;
  const told = errorOf(error);
  const what = `HTTP ${status} ${told.code ?? told.type ?? ""}`.trim();
  if (status === 402)
    return declined(told, kind, textAt(objectAt(error, "payment_intent") ?? objectAt(error, "setup_intent"), "id"));
  if (told.type === "idempotency_error" && status === 400)
    return conflicted("Stripe knows the key for a different request", null);
  if (status === 400 || status === 404) return { kind: "failed", error: processorError(told, kind) };
  // Refused before Stripe looks at keys: sure for the first sending only.
  const isEarly = status === 401 || status === 403 || (status === 429 && told.code === "rate_limit");
  if (!isEarly || call.isRepeat) return unknown(what);
  return { kind: "failed", error: unavailableError(told.code ?? `http_${status}`, null) };
}

function declined(error: StripeError, kind: CallKind, reference: string | null): Outcome {
  return { kind: "declined", error: processorError(error, kind), ...(reference === null ? {} : { reference }) };
}

export function errorOf(error: Json | null): StripeError {
  return {
    type: textAt(error, "type"),
    code: textAt(error, "code"),
    declineCode: textAt(error, "decline_code"),
    message: textAt(error, "message"),
  };
}

/** A PaymentIntent or SetupIntent that a refusal carries along, as it is now. */
export function intentInError(answer: ProcessorAnswer): Json | null {
  if (answer.kind === "no_answer" || answer.status !== 400) return null;
  return objectAt(objectAt(parseObject(answer.body), "error"), "payment_intent");
}

type IntentStatus = Closed<Stripe.PaymentIntent.Status> | Closed<Stripe.SetupIntent.Status>;
type Closed<T> = T extends string ? (string & Record<never, never> extends T ? never : T) : never;

/** What became of an attempt, from its PaymentIntent as it is now. */
export function readPayment(intent: Json, call: ProcessorCall): Outcome {
  const reference = textAt(intent, "id");
  if (reference === null) return unknown("an intent without an id");
  if (textAt(objectAt(intent, "metadata"), "attempt") !== call.attemptId)
    return unknown("an intent of another attempt");
  const contradiction = findContradiction(intent, call, reference);
  if (contradiction !== null) return contradiction;
  return readStatus(intent, { kind: call.attemptKind, reference, capturedBefore: call.capturedBefore });
}

/** The intent's own amount and currency are what was asked, whatever its status. */
function findContradiction(intent: Json, call: ProcessorCall, reference: string): Outcome | null {
  const currency = textAt(intent, "currency");
  const asked = integerAt(intent, "amount");
  if (currency === null || asked === null) return unknown("an intent without an amount");
  if (currency !== call.currency) return conflicted(`asked for ${call.currency}, answered ${currency}`, reference);
  const amount = fromStripeAmount(asked, currency);
  // Later operations on the attempt have amounts of their own.
  if (call.kind === "capture" || call.kind === "void" || call.kind === "refund" || amount === call.amount) return null;
  return conflicted(`asked for ${call.amount}, answered ${amount ?? `${asked} of Stripe's units`}`, reference);
}

export interface IntentReading {
  kind: "verify" | "authorize" | "charge";
  reference: string;
  capturedBefore: number;
}

/** Total over the published statuses. An amount is Stripe's, never ours. */
export function readStatus(intent: Json, { kind, reference, capturedBefore }: IntentReading): Outcome {
  const status = textAt(intent, "status") as IntentStatus | null;
  switch (status) {
    case "succeeded":
      if (kind === "authorize" && capturedBefore === 0)
        return conflicted("captured, though only a hold was asked for", reference);
      return approved(intent, reference, integerAt(intent, kind === "charge" ? "amount_received" : "amount"));
    case "requires_capture":
      if (kind === "charge") return conflicted("only held, though a charge was asked for", reference);
      return approved(intent, reference, heldAmount(intent));
    case "requires_action":
      return readAction(intent, reference);
    case "requires_payment_method": {
      const error = objectAt(intent, "last_payment_error");
      if (error === null) return unknown("an intent that was never confirmed");
      return declined(errorOf(error), kind, reference);
    }
    case "processing":
      return { kind: "pending", reference };
    case "canceled":
      return { kind: "declined", error: cancelledError(intent, kind), reference };
    case "requires_confirmation":
      return unknown("an intent that was not confirmed");
    case null:
      return unknown("an intent without a status");
    default: {
      const added: never = status;
      return unknown(`the status ${JSON.stringify(String(added).slice(0, 40))} is not known`);
    }
  }
}

function heldAmount(intent: Json): number | null {
  const capturable = integerAt(intent, "amount_capturable");
  const received = integerAt(intent, "amount_received");
  return capturable === null || received === null ? null : capturable + received;
}

function approved(intent: Json, reference: string, units: number | null): Outcome {
  const currency = textAt(intent, "currency");
  const amount = units === null || currency === null ? null : fromStripeAmount(units, currency);
  if (amount === null || currency === null) return unknown("an approval without an amount");
  if (units !== integerAt(intent, "amount")) return conflicted(`approved ${amount} of what was asked for`, reference);
  const expiresAt = captureBefore(intent);
  return { kind: "approved", reference, amount, currency, ...(expiresAt === null ? {} : { expiresAt }) };
}

/** When the hold lapses, where the charge is at hand and says so; ms since 1970. */
function captureBefore(intent: Json): number | null {
  const card = objectAt(objectAt(objectAt(intent, "latest_charge"), "payment_method_details"), "card");
  const seconds = integerAt(card, "capture_before");
  const created = integerAt(intent, "created");
  if (seconds === null || created === null) return null;
  // Else a spoilt number would end the hold at once, or never.
  return seconds > Math.max(created, 1.5e9) && seconds < 1e10 ? seconds * 1000 : null;
}

function readAction(intent: Json, reference: string): Outcome {
  const action = objectAt(intent, "next_action");
  const type = textAt(action, "type");
  const url =
    webAddressAt(objectAt(action, type ?? ""), "url") ??
    webAddressAt(objectAt(action, type ?? ""), "hosted_instructions_url");
  return url === null
    ? unknown(`the action ${type} has no page to send the customer to`)
    : { kind: "challenge", reference, url };
}

function cancelledError(intent: Json, kind: CallKind) {
  const reason = textAt(intent, "cancellation_reason");
  const code = reason === "fraudulent" ? "action_blocked" : "payment_intent_payment_attempt_expired";
  const error = processorError({ type: null, code, declineCode: null, message: null }, kind);
  return { ...error, connectorCode: reason ?? "canceled" };
}

/** A SetupIntent has no amount and no currency: that it moved nothing is all there is to compare. */
export function readSetup(intent: Json, call: ProcessorCall): Outcome {
  const reference = textAt(intent, "id");
  if (reference === null) return unknown("an intent without an id");
  if (textAt(objectAt(intent, "metadata"), "attempt") !== call.attemptId)
    return unknown("an intent of another attempt");
  switch (textAt(intent, "status")) {
    case "succeeded":
      return { kind: "approved", reference, amount: 0, currency: call.currency };
    case "requires_payment_method": {
      const error = objectAt(intent, "last_setup_error");
      return error === null
        ? unknown("an intent that was never confirmed")
        : declined(errorOf(error), "verify", reference);
    }
    default:
      return readStatus(intent, { kind: "verify", reference, capturedBefore: 0 });
  }
}

/** The intent after a capture under our key; null where this capture does not stand on it. */
export function readCapture(intent: Json, call: ProcessorCall): Outcome | null {
  if (textAt(objectAt(intent, "metadata"), "capture") !== call.key) return null;
  const reference = textAt(intent, "id");
  const other = reference === null ? unknown("an intent without an id") : findContradiction(intent, call, reference);
  if (reference === null || other !== null) return other;
  const status = textAt(intent, "status");
  if (status === "processing") return { kind: "pending", reference };
  if (status !== "succeeded" && status !== "requires_capture") return unknown(`captured, and yet ${status}`);
  const received = fromStripeAmount(integerAt(intent, "amount_received") ?? -1, call.currency);
  if (received === null) return unknown("a capture without an amount");
  const amount = received - call.capturedBefore;
  if (amount !== call.amount) return conflicted(`asked to capture ${call.amount}, answered ${amount}`, reference);
  const charge = textAt(intent, "latest_charge") ?? textAt(objectAt(intent, "latest_charge"), "id");
  return { kind: "approved", reference: charge ?? reference, amount, currency: call.currency };
}

/** The intent after a cancellation; null where it still holds something. */
export function readVoid(intent: Json, call: ProcessorCall): Outcome | null {
  const reference = textAt(intent, "id");
  const status = textAt(intent, "status");
  if (reference === null || status === null) return unknown("an intent without an id or a status");
  const isReleased = status === "canceled" || (status === "succeeded" && call.capturedBefore > 0);
  if (isReleased && integerAt(intent, "amount_capturable") !== null && integerAt(intent, "amount_capturable") !== 0) {
    return unknown("released, and yet something is held");
  }
  if (isReleased) return { kind: "approved", reference, amount: call.amount, currency: call.currency };
  if (status !== "succeeded") return null;
  const message = "The payment has been captured; nothing is held any more.";
  return {
    kind: "declined",
    error: { ...refusalError("void", "payment_intent_unexpected_state", null), message },
    reference,
  };
}

/** Total over the statuses that Stripe documents for refunds; the schema calls them a text. */
export function readRefund(refund: Json, call: ProcessorCall): Outcome {
  const reference = textAt(refund, "id");
  if (reference === null) return unknown("a refund without an id");
  if (textAt(objectAt(refund, "metadata"), "refund") !== call.key) return unknown("a refund of another operation");
  const currency = textAt(refund, "currency");
  const units = integerAt(refund, "amount");
  if (currency === null || units === null) return unknown("a refund without an amount");
  const amount = fromStripeAmount(units, currency);
  if (currency !== call.currency || amount === null || amount !== call.amount) {
    return conflicted(`asked to refund ${call.amount} ${call.currency}, answered ${amount} ${currency}`, reference);
  }
  return refundStatus(refund, { reference, amount, currency });
}

export function refundStatus(refund: Json, done: { reference: string; amount: number; currency: string }): Outcome {
  const status = textAt(refund, "status");
  switch (status) {
    case "succeeded":
      return { kind: "approved", ...done };
    case "pending":
    case "requires_action":
      return { kind: "pending", reference: done.reference };
    case "failed":
    case "canceled": {
      const why = textAt(refund, "failure_reason") ?? status;
      const error = {
        ...refusalError("refund", why, null),
        code: "refund_failed",
        message: "The refund failed at the processor.",
      };
      return { kind: "declined", error, reference: done.reference };
    }
    default:
      return unknown(`the refund status ${JSON.stringify(status?.slice(0, 40) ?? null)} is not known`);
  }
}

/** Stripe offers no search to accounts of some countries, and says so as of any wrong request. */
export function isWithoutSearch(answer: ProcessorAnswer): boolean {
  if (answer.kind === "no_answer" || answer.status !== 400) return false;
  return textAt(objectAt(parseObject(answer.body), "error"), "type") === "invalid_request_error";
}

/** The one of the list that carries our key; null: none does. More than one is a contradiction. */
export function findByMetadata(list: Json, name: string, key: string): Json | "several" | null {
  const found = listAt(list, "data").filter((item) => textAt(objectAt(item, "metadata"), name) === key);
  return found.length > 1 ? "several" : (found[0] ?? null);
}

/** A search is indexed with a delay, and a request may still be on its way: never proof of absence. */
export function absent(): Outcome {
  return { kind: "not_found", conclusive: false };
}
