/** What Checkout.com's answers prove. Total and pure: what cannot be read with certainty proves nothing. */
import type { Outcome } from "../../domain/outcome.ts";
import type { ProcessorAnswer, ProcessorCall } from "../connector.ts";
import { declineError, refusalError } from "../declines.ts";
import { isDefiniteRefusal } from "../http-status.ts";
import { asObject, type Json, listAt, momentAt, objectAt, parseObject, textAt, webAddressAt } from "../read-json.ts";
import { readAmount, readCurrency } from "./amount.ts";
import { goneDecline, isApproval, responseDecline, statusMeaning } from "./codes.ts";

function unknown(reason: string): Outcome {
  return { kind: "unknown", reason };
}

/** The answer to `POST /payments`, or to a question about one payment. */
export function readPayment(answer: ProcessorAnswer, call: ProcessorCall): Outcome {
  if (answer.kind === "no_answer") return unknown(answer.reason);
  const { status } = answer;
  if (status !== 200 && status !== 201 && status !== 202) return readRefusal(answer, call);
  const body = parseObject(answer.body);
  return body === null ? unknown(`HTTP ${status} with an unreadable body`) : paymentOutcome(body, call);
}

/** Of a payment as Checkout.com shows it, in whichever answer. */
export function paymentOutcome(body: Json, call: ProcessorCall): Outcome {
  const reference = textAt(body, "id");
  if (reference === null) return unknown("a payment without an id");
  if ((textAt(body, "reference") ?? call.attemptId) !== call.attemptId)
    return unknown("an answer about another payment");
  const status = textAt(body, "status") ?? "";
  const meaning = statusMeaning(status);
  const approved = body["approved"];
  const isNo = meaning === "declined" || meaning === "gone";
  const conflict = isNo ? null : contradiction(body, call, meaning === "pending");
  if (conflict !== null) return { kind: "conflicted", reason: conflict, reference };
  switch (meaning) {
    case "declined":
      return approved === true || isApproval(textAt(body, "response_code"))
        ? unknown("approved and declined at once")
        : { kind: "declined", error: refusal(body), reference };
    case "gone":
      return { kind: "declined", error: declineError(goneDecline(status), status, null), reference };
    case "pending":
      return awaited(body, call, reference);
    case "verified":
    case "held":
    case "captured":
      if (approved !== true) return unknown(`${status} and not approved`);
      return settled(body, call, { reference, meaning });
    case "payout":
    case null:
      return unknown(`the status ${JSON.stringify(status.slice(0, 40))} proves nothing`);
  }
}

/** A sale is authorised at once and captured a moment later; only then is the money the merchant's. */
function settled(
  body: Json,
  call: ProcessorCall,
  { reference, meaning }: { reference: string; meaning: "verified" | "held" | "captured" },
): Outcome {
  const { attemptKind, amount, currency } = call;
  if ((meaning === "verified") !== (attemptKind === "verify"))
    return unknown("an answer about another kind of payment");
  if (attemptKind === "charge" && meaning === "held") return { kind: "pending", reference };
  const expiresAt = momentAt(body, "expires_on");
  const expires = attemptKind === "authorize" && expiresAt !== null ? { expiresAt } : {};
  return { kind: "approved", reference, amount, currency, ...expires };
}

/** A shopper who has been to the page is not sent there again. */
function awaited(body: Json, call: ProcessorCall, reference: string): Outcome {
  const links = objectAt(body, "_links");
  const redirect = objectAt(links, "redirect");
  if (redirect === null || "cko-session-id" in call.returned) return { kind: "pending", reference };
  const url = webAddressAt(redirect, "href");
  return url === null ? unknown("a redirect without a page") : { kind: "challenge", reference, url };
}

/** Null where the money is what was asked for. What is only accepted (HTTP 202) does not name it. */
function contradiction(body: Json, call: ProcessorCall, isPending: boolean): string | null {
  const hasMoney = Object.hasOwn(body, "amount") || Object.hasOwn(body, "currency");
  if (isPending && !hasMoney) return null;
  const currency = readCurrency(body);
  const amount = currency === null ? null : readAmount(body, currency);
  if (amount === call.amount && currency === call.currency) return null;
  return `asked for ${call.amount} ${call.currency}, answered ${amount ?? "no amount"} ${currency ?? ""}`.trim();
}

function refusal(body: Json) {
  const code = textAt(body, "response_code");
  return declineError(responseDecline(code), code, textAt(body, "response_summary"));
}

function readRefusal(answer: ProcessorAnswer & { kind: "answer" }, call: ProcessorCall): Outcome {
  const { status } = answer;
  const body = parseObject(answer.body);
  // 401, 403 and 404 come with no body at all; anything else unreadable is not from Checkout.com.
  if (!isDefiniteRefusal(status, call) || (body === null && answer.body.trim() !== ""))
    return unknown(`HTTP ${status}`);
  const codes = body?.["error_codes"];
  const code = Array.isArray(codes) ? codes.filter((item) => typeof item === "string").join(", ") : "";
  return {
    kind: "failed",
    error: refusalError(call.kind, code === "" ? String(status) : code, textAt(body, "error_type")),
  };
}

/** The answer to a capture, void or refund: only accepted, under an id. */
export function readAccepted(answer: ProcessorAnswer, call: ProcessorCall): Outcome {
  if (answer.kind === "no_answer") return unknown(answer.reason);
  if (answer.status !== 200 && answer.status !== 202) return readRefusal(answer, call);
  const body = parseObject(answer.body);
  const action = textAt(body, "action_id");
  if (action === null) return unknown(`HTTP ${answer.status} that is no receipt`);
  const key = textAt(body, "reference");
  return key !== null && key !== call.key
    ? unknown("a receipt for another operation")
    : { kind: "pending", reference: action };
}

const ACTION_TYPES = { capture: "Capture", void: "Void", refund: "Refund" } as const;

/** What became of a capture, void or refund, from the payment's list of actions. */
export function readActions(answer: ProcessorAnswer, call: ProcessorCall): Outcome {
  if (answer.kind === "no_answer") return unknown(answer.reason);
  if (answer.status !== 200) return unknown(`the look-up was answered with HTTP ${answer.status}`);
  const actions = parseActions(answer.body);
  // A payment that can be captured, voided or refunded was authorised, so its list cannot be empty.
  if (actions === null || actions.length === 0) return unknown("no readable list of actions");
  const [action, another] = actions.filter((candidate) => textAt(candidate, "reference") === call.key);
  if (action === undefined) return { kind: "not_found", conclusive: false };
  if (another !== undefined) return { kind: "conflicted", reason: "the processor did it more than once" };
  return actionOutcome(action, call);
}

function actionOutcome(action: Json, call: ProcessorCall): Outcome {
  const { kind } = call;
  const reference = textAt(action, "id");
  if (kind !== "capture" && kind !== "void" && kind !== "refund") return unknown("no action of its own");
  if (reference === null || textAt(action, "type") !== ACTION_TYPES[kind]) return unknown("an action of another kind");
  const code = textAt(action, "response_code");
  const approved = action["approved"];
  if (typeof approved === "boolean" && (code === null || !/^\d{5}$/.test(code) || approved !== isApproval(code))) {
    return unknown(`approved ${approved} with the code ${code?.slice(0, 10) ?? "none"}`);
  }
  if (approved === false) {
    return { kind: "declined", error: refusalError(kind, code, textAt(action, "response_summary")), reference };
  }
  if (approved !== true) return { kind: "pending", reference };
  const amount = readAmount(action, call.currency);
  // A void gives back whatever was held, which the processor knows best.
  if (kind !== "void" && amount !== call.amount) {
    return { kind: "conflicted", reason: `asked for ${call.amount}, answered ${amount ?? "no amount"}`, reference };
  }
  return { kind: "approved", reference, amount: call.amount, currency: call.currency };
}

/** Why a payment was declined: only its actions say. */
export function declinedBecause(answer: ProcessorAnswer): { code: string | null; summary: string | null } {
  const actions = answer.kind === "answer" && answer.status === 200 ? (parseActions(answer.body) ?? []) : [];
  const tried = actions.find((action) => /^(?:Authorization|Card Verification)$/.test(textAt(action, "type") ?? ""));
  return { code: textAt(tried ?? null, "response_code"), summary: textAt(tried ?? null, "response_summary") };
}

function parseActions(text: string): Json[] | null {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.map(asObject).filter((item) => item !== null) : null;
  } catch {
    return null;
  }
}

/** Payments under our reference. */
export function readSearch(answer: ProcessorAnswer, call: ProcessorCall): Outcome {
  if (answer.kind === "no_answer") return unknown(answer.reason);
  const body = answer.status === 200 ? parseObject(answer.body) : null;
  if (body === null || !Array.isArray(body["data"]))
    return unknown(`the look-up was answered with HTTP ${answer.status}`);
  const [payment, another] = listAt(body, "data").filter((item) => textAt(item, "reference") === call.attemptId);
  if (payment === undefined) return { kind: "not_found", conclusive: false };
  if (another !== undefined) return { kind: "conflicted", reason: "the processor has several payments under one key" };
  return paymentOutcome(payment, call);
}
