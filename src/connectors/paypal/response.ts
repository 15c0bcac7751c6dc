/** What PayPal's answers prove. Total and pure: what cannot be read with certainty proves nothing. */
import type { Outcome, ProcessorError } from "../../domain/outcome.ts";
import type { ProcessorAnswer, ProcessorCall } from "../connector.ts";
import { declineError, refusalError } from "../declines.ts";
import { isDefiniteRefusal } from "../http-status.ts";
import { type Json, listAt, momentAt, objectAt, parseObject, textAt, webAddressAt } from "../read-json.ts";
import { readMoney } from "./amount.ts";
import {
  ASK_ISSUES,
  AUTHORIZATION_STATUSES,
  CAPTURE_STATUSES,
  ISSUES,
  meaningIn,
  ORDER_STATUSES,
  processorDecline,
  REFUND_STATUSES,
  UNCERTAIN_ISSUES,
} from "./codes.ts";

/** What an order says, and what is to be done about it. */
export type OrderReading =
  | { kind: "outcome"; outcome: Outcome }
  /** The payer has done their part: the money can be taken. */
  | { kind: "ready"; orderId: string }
  /** The request came too late or too early; the order says more. */
  | { kind: "ask" };

export function unknown(reason: string): Outcome {
  return { kind: "unknown", reason };
}

function proves(outcome: Outcome): OrderReading {
  return { kind: "outcome", outcome };
}

/** The answer to making, asking about or finishing an order. */
export function readOrder(answer: ProcessorAnswer, call: ProcessorCall): OrderReading {
  if (answer.kind === "no_answer") return proves(unknown(answer.reason));
  const { status } = answer;
  if (status !== 200 && status !== 201) return refused(answer, call);
  const order = parseObject(answer.body);
  const orderId = textAt(order, "id");
  const [unit, another] = listAt(order, "purchase_units");
  if (order === null || orderId === null) return proves(unknown(`HTTP ${status} with an unreadable body`));
  if (unit === undefined || another !== undefined) return proves(unknown("an order that is not for one thing"));
  const ours = textAt(unit, "custom_id");
  if (ours !== null && ours !== call.attemptId) return proves(unknown("an answer about another order"));
  return readUnit(order, { unit, orderId }, call);
}

function readUnit(order: Json, { unit, orderId }: { unit: Json; orderId: string }, call: ProcessorCall): OrderReading {
  const paid = payment(unit, call);
  if (paid !== null) return proves(paid);
  const status = textAt(order, "status");
  const meaning = meaningIn(ORDER_STATUSES, status);
  // PayPal's own word for the whole order; the money below has its own.
  const said = readMoney(unit);
  if (said === null) return proves(unknown("an order that names no money"));
  if (said.amount !== call.amount || said.currency !== call.currency) return proves(contradiction(said, call, orderId));
  switch (meaning) {
    case "void":
      return proves({ kind: "declined", error: declineError("payment_expired", status, null), reference: orderId });
    case "ready":
      return { kind: "ready", orderId };
    case "open":
      return readOpen(order, orderId, call);
    case "done":
    case null:
      return proves(
        unknown(`the status ${JSON.stringify((status ?? "").slice(0, 40))} without a payment proves nothing`),
      );
  }
}

function readOpen(order: Json, orderId: string, call: ProcessorCall): OrderReading {
  const authentication = objectAt(objectAt(objectAt(order, "payment_source"), "card"), "authentication_result");
  if (authentication !== null) return readAuthentication(authentication, orderId);
  const link = listAt(order, "links").find((candidate) =>
    ["payer-action", "approve"].includes(textAt(candidate, "rel") ?? ""),
  );
  const url = webAddressAt(link ?? null, "href");
  if (url !== null) return proves({ kind: "challenge", reference: orderId, url });
  return proves(
    call.kind === "authenticate" ? { kind: "pending", reference: orderId } : unknown("an open order without a page"),
  );
}

/** "3D Secure response parameters" in PayPal's documentation: go on where the liability shifts, or none could. */
function readAuthentication(authentication: Json, orderId: string): OrderReading {
  const shift = textAt(authentication, "liability_shift");
  const enrolled = textAt(objectAt(authentication, "three_d_secure"), "enrollment_status");
  if (shift === "POSSIBLE" || shift === "YES") return { kind: "ready", orderId };
  if (shift === "NO" && enrolled !== null && enrolled !== "Y") return { kind: "ready", orderId };
  if (shift !== "NO" && shift !== "UNKNOWN") return proves(unknown("an authentication without a result"));
  return proves({ kind: "declined", error: declineError("authentication_failed", shift, null), reference: orderId });
}

/** Of the money that the order has moved, if any. */
function payment(unit: Json, call: ProcessorCall): Outcome | null {
  const payments = objectAt(unit, "payments");
  const isHold = call.attemptKind === "authorize";
  const found = listAt(payments, isHold ? "authorizations" : "captures");
  // Several where a first one was declined: what matters is whether any holds.
  const outcomes = found.map((one) => settlement(one, isHold ? AUTHORIZATION_STATUSES : CAPTURE_STATUSES, call));
  return outcomes.find(({ kind }) => kind !== "declined") ?? outcomes.at(-1) ?? null;
}

/** Of a capture, authorization or refund. */
export function settlement(resource: Json, statuses: typeof CAPTURE_STATUSES, call: ProcessorCall): Outcome {
  const reference = textAt(resource, "id");
  const status = textAt(resource, "status");
  const meaning = meaningIn(statuses, status);
  if (reference === null || meaning === null)
    return unknown(`the status ${JSON.stringify((status ?? "").slice(0, 40))} proves nothing`);
  if (meaning === "declined") return { kind: "declined", error: declineOf(resource, status, call), reference };
  const said = readMoney(resource);
  if (said === null || said.amount !== call.amount || said.currency !== call.currency)
    return contradiction(said, call, reference);
  if (meaning === "pending") return { kind: "pending", reference };
  const expiresAt = momentAt(resource, "expiration_time");
  return { kind: "approved", reference, ...said, ...(expiresAt === null ? {} : { expiresAt }) };
}

function declineOf(resource: Json, status: string | null, call: ProcessorCall): ProcessorError {
  const code = textAt(objectAt(resource, "processor_response"), "response_code");
  if (call.kind === "capture" || call.kind === "refund") return refusalError(call.kind, code ?? status, null);
  return declineError(
    processorDecline(code) ?? "other",
    code ?? status,
    textAt(objectAt(resource, "status_details"), "reason"),
  );
}

function contradiction(
  said: { amount: number; currency: string } | null,
  call: ProcessorCall,
  reference: string,
): Outcome {
  const answered = said === null ? "no amount" : `${said.amount} ${said.currency}`;
  return { kind: "conflicted", reason: `asked for ${call.amount} ${call.currency}, answered ${answered}`, reference };
}

/** The answer to a capture or refund, or to a question about a refund. */
export function readMove(answer: ProcessorAnswer, call: ProcessorCall): Outcome {
  if (answer.kind === "no_answer") return unknown(answer.reason);
  if (answer.status !== 200 && answer.status !== 201) return outcomeOfRefusal(answer, call);
  const body = parseObject(answer.body);
  if (body === null) return unknown(`HTTP ${answer.status} with an unreadable body`);
  const ours = textAt(body, call.kind === "capture" ? "invoice_id" : "custom_id");
  // A refund repeats the order's own number where it was given none.
  if (ours !== null && ours !== call.key && ours !== call.attemptId)
    return unknown("an answer about another operation");
  return settlement(body, call.kind === "capture" ? CAPTURE_STATUSES : REFUND_STATUSES, call);
}

/** The answer to a void: empty, or the authorization as it is now. */
export function readVoid(answer: ProcessorAnswer, call: ProcessorCall): Outcome {
  if (answer.kind === "no_answer") return unknown(answer.reason);
  const voided: Outcome = {
    kind: "approved",
    reference: call.attemptReference ?? call.key,
    amount: call.amount,
    currency: call.currency,
  };
  if (answer.status === 204) return voided;
  if (answer.status !== 200)
    return issueOf(answer).issue === "PREVIOUSLY_VOIDED" ? voided : outcomeOfRefusal(answer, call);
  return textAt(parseObject(answer.body), "status") === "VOIDED" ? voided : unknown("a void that is none");
}

function issueOf(answer: ProcessorAnswer & { kind: "answer" }): {
  name: string | null;
  issue: string | null;
  message: string | null;
} {
  const body = parseObject(answer.body);
  const [detail] = listAt(body, "details");
  const name = textAt(body, "name") ?? textAt(body, "error");
  const message = textAt(detail ?? null, "description") ?? textAt(body, "message") ?? textAt(body, "error_description");
  return { name, issue: textAt(detail ?? null, "issue"), message };
}

function refused(answer: ProcessorAnswer & { kind: "answer" }, call: ProcessorCall): OrderReading {
  const { issue } = issueOf(answer);
  return answer.status === 422 && issue !== null && ASK_ISSUES.has(issue)
    ? { kind: "ask" }
    : proves(outcomeOfRefusal(answer, call));
}

/** Of a request that PayPal did not accept: a decline, a definite no, or nothing proven. */
export function outcomeOfRefusal(answer: ProcessorAnswer & { kind: "answer" }, call: ProcessorCall): Outcome {
  const { status } = answer;
  const { name, issue, message } = issueOf(answer);
  const code = issue ?? name;
  // Without PayPal's own words it is somebody else's page.
  if (code === null || !isDefiniteRefusal(status, call) || UNCERTAIN_ISSUES.has(code))
    return unknown(`HTTP ${status} ${code ?? ""}`.trim());
  const decline = meaningIn(ISSUES, issue);
  const isAttempt = call.kind !== "capture" && call.kind !== "void" && call.kind !== "refund";
  if (decline !== null && isAttempt) return { kind: "declined", error: declineError(decline, code, message) };
  return { kind: "failed", error: refusalError(call.kind, code, message) };
}
