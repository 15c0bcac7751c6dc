/** What Mollie's answers prove. Total and pure: what cannot be read with certainty proves nothing. */
import type { Outcome } from "../../domain/outcome.ts";
import type { ProcessorAnswer, ProcessorCall } from "../connector.ts";
import { declineError, refusalError } from "../declines.ts";
import { isDefiniteRefusal } from "../http-status.ts";
import { integerAt, type Json, listAt, momentAt, objectAt, parseObject, textAt, webAddressAt } from "../read-json.ts";
import { readAmount } from "./amount.ts";
import { CAPTURE_STATUSES, failureDecline, meaningIn, PAYMENT_STATUSES, REFUND_STATUSES } from "./codes.ts";

function unknown(reason: string): Outcome {
  return { kind: "unknown", reason };
}

type Answered = ProcessorAnswer & { kind: "answer" };

/** The object that a good answer holds; else what the answer proves. Kept apart: a body may hold any member. */
export type Reading = { body: Json } | { outcome: Outcome };

function bodyOf(answer: ProcessorAnswer, call: ProcessorCall): Reading {
  if (answer.kind === "no_answer") return { outcome: unknown(answer.reason) };
  if (answer.status !== 200 && answer.status !== 201) return { outcome: readRefusal(answer, call) };
  const body = parseObject(answer.body);
  return body === null ? { outcome: unknown(`HTTP ${answer.status} with an unreadable body`) } : { body };
}

/** Of a request; Mollie says in the body again what the status says, and which field it does not like. */
export function readRefusal(answer: Answered, call: ProcessorCall): Outcome {
  const { status } = answer;
  const body = parseObject(answer.body);
  if (!isDefiniteRefusal(status, call) || integerAt(body, "status") !== status) return unknown(`HTTP ${status}`);
  const code = textAt(body, "field") ?? textAt(body, "title") ?? String(status);
  return { kind: "failed", error: refusalError(call.kind, code, textAt(body, "detail")) };
}

/** A refused question says nothing of what it asks about. */
export function readQuestion(answer: ProcessorAnswer): Reading {
  if (answer.kind === "no_answer") return { outcome: unknown(answer.reason) };
  const body = answer.status === 200 ? parseObject(answer.body) : null;
  return body === null ? { outcome: unknown(`the look-up was answered with HTTP ${answer.status}`) } : { body };
}

/** The answer to `POST /v2/payments`. */
export function readPayment(answer: ProcessorAnswer, call: ProcessorCall): Outcome {
  const read = bodyOf(answer, call);
  return "outcome" in read ? read.outcome : paymentOutcome(read.body, call);
}

function keyOf(json: Json): string | null {
  return textAt(objectAt(json, "metadata"), "key");
}

/** Of a payment as Mollie shows it, in whichever answer. */
export function paymentOutcome(payment: Json, call: ProcessorCall): Outcome {
  const reference = textAt(payment, "id");
  const status = textAt(payment, "status") ?? "";
  if (reference === null || !reference.startsWith("tr_")) return unknown("a payment without an id");
  if ((keyOf(payment) ?? call.attemptId) !== call.attemptId) return unknown("an answer about another payment");
  const meaning = meaningIn(PAYMENT_STATUSES, status);
  if (meaning === "declined") return { kind: "declined", error: failure(payment, status), reference };
  if (meaning === null) return unknown(`the status ${JSON.stringify(status.slice(0, 40))} proves nothing`);
  const conflict = contradiction(payment, call, reference);
  if (conflict !== null) return conflict;
  const { amount, currency, attemptKind } = call;
  switch (meaning) {
    case "open": {
      const url = webAddressAt(objectAt(objectAt(payment, "_links"), "checkout"), "href");
      return url === null ? { kind: "pending", reference } : { kind: "challenge", reference, url };
    }
    case "pending":
      return { kind: "pending", reference };
    case "held": {
      // Some lenders hold first also where the money is to be taken at once.
      if (attemptKind !== "authorize") return { kind: "pending", reference };
      const expiresAt = momentAt(payment, "captureBefore");
      return { kind: "approved", reference, amount, currency, ...(expiresAt === null ? {} : { expiresAt }) };
    }
    case "paid":
      return attemptKind === "charge"
        ? { kind: "approved", reference, amount, currency }
        : { kind: "conflicted", reason: "the money was taken without being asked for", reference };
  }
}

function failure(payment: Json, status: string) {
  const reason = textAt(objectAt(payment, "details"), "failureReason");
  const why = objectAt(payment, "statusReason");
  return declineError(failureDecline(status, reason), reason ?? textAt(why, "code") ?? status, textAt(why, "message"));
}

/** Null where the money is what was asked for. */
function contradiction(json: Json, call: ProcessorCall, reference: string): Outcome | null {
  const said = readAmount(json);
  if (said?.amount === call.amount && said.currency === call.currency) return null;
  const answered = said === null ? "no amount" : `${said.amount} ${said.currency}`;
  return { kind: "conflicted", reason: `asked for ${call.amount} ${call.currency}, answered ${answered}`, reference };
}

/** The answer to a capture or refund. */
export function readMove(answer: ProcessorAnswer, call: ProcessorCall): Outcome {
  const read = bodyOf(answer, call);
  return "outcome" in read ? read.outcome : moveOutcome(read.body, call);
}

function moveOutcome(move: Json, call: ProcessorCall): Outcome {
  const reference = textAt(move, "id");
  const status = textAt(move, "status");
  const meaning = meaningIn(call.kind === "capture" ? CAPTURE_STATUSES : REFUND_STATUSES, status);
  if (reference === null || meaning === null)
    return unknown(`the status ${JSON.stringify(status?.slice(0, 40) ?? "")} proves nothing`);
  if ((keyOf(move) ?? call.key) !== call.key) return unknown("an answer about another operation");
  if (meaning === "declined") return { kind: "declined", error: refusalError(call.kind, status, null), reference };
  const conflict = contradiction(move, call, reference);
  if (conflict !== null) return conflict;
  if (meaning === "pending") return { kind: "pending", reference };
  return { kind: "approved", reference, amount: call.amount, currency: call.currency };
}

/** What a void has left: the answer to a cancellation, or the payment afterwards. */
export function voidOutcome(payment: Json, call: ProcessorCall): Outcome {
  const { amount, currency, attemptId } = call;
  const reference = textAt(payment, "id");
  const meaning = meaningIn(PAYMENT_STATUSES, textAt(payment, "status"));
  if (reference === null || meaning === null) return unknown("a payment without a status");
  if ((keyOf(payment) ?? attemptId) !== attemptId) return unknown("an answer about another payment");
  if (meaning === "declined") return { kind: "approved", reference, amount, currency };
  if (meaning !== "paid") return { kind: "not_found", conclusive: false };
  // Some of it was captured before, and the rest is what this void gave back; or all of it was taken.
  const captured = readAmount(payment, "amountCaptured");
  if (captured !== null && captured.amount + amount === call.details.amount)
    return { kind: "approved", reference, amount, currency };
  return { kind: "conflicted", reason: "the payment was captured before it could be voided", reference };
}

/** In a list, the one that carries our key. */
export function readList(
  answer: ProcessorAnswer,
  name: "payments" | "captures" | "refunds",
  call: ProcessorCall,
): Outcome {
  const read = readQuestion(answer);
  if ("outcome" in read) return read.outcome;
  const embedded = objectAt(read.body, "_embedded");
  if (embedded === null || !Array.isArray(embedded[name])) return unknown(`no list of ${name}`);
  const key = name === "payments" ? call.attemptId : call.key;
  const [found, another] = listAt(embedded, name).filter((item) => keyOf(item) === key);
  if (found === undefined) return { kind: "not_found", conclusive: false };
  if (another !== undefined) return { kind: "conflicted", reason: `the processor has several ${name} under one key` };
  return name === "payments" ? paymentOutcome(found, call) : moveOutcome(found, call);
}
