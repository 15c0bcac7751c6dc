/** What Adyen's answer proves. Total and pure: what cannot be read with certainty proves nothing. */
import type { Outcome, ProcessorError } from "../../domain/outcome.ts";
import type { ProcessorAnswer, ProcessorCall } from "../connector.ts";
import { declineError, refusalError, unsupported, unsupportedError } from "../declines.ts";
import { isDefiniteRefusal } from "../http-status.ts";
import { type Json, objectAt, parseObject, textAt, webAddressAt } from "../read-json.ts";
import { readAmount } from "./amount.ts";
import { IN_PROGRESS, refusalDecline, resultMeaning } from "./codes.ts";

export function readPerform(answer: ProcessorAnswer, call: ProcessorCall): Outcome {
  if (answer.kind === "no_answer") return unknown(answer.reason);
  const { status, headers } = answer;
  const body = parseObject(answer.body);
  if (body === null) return unknown(`HTTP ${status} with an unreadable body`);
  if (status !== 200 && status !== 201) return readRefusal(body, status, headers, call);
  const isModification = call.kind === "capture" || call.kind === "void" || call.kind === "refund";
  return isModification ? readModification(body, call) : readPayment(body, call);
}

function unknown(reason: string): Outcome {
  return { kind: "unknown", reason };
}

function readRefusal(body: Json, status: number, headers: Headers, call: ProcessorCall): Outcome {
  const code = textAt(body, "errorCode");
  const isTransient = headers.get("transient-error") === "true" || code === IN_PROGRESS;
  // What was refused is what the shopper brought, not the payment.
  if (call.kind === "authenticate") return stillOpen(call, `HTTP ${status} ${code ?? ""}`.trim());
  if (code === null || isTransient || !isDefiniteRefusal(status, call))
    return unknown(`HTTP ${status} ${code ?? ""}`.trim());
  return { kind: "failed", error: refusalError(call.kind, code, textAt(body, "message")) };
}

function readPayment(body: Json, call: ProcessorCall): Outcome {
  const theirs = textAt(body, "merchantReference");
  if (theirs !== null && theirs !== call.attemptId) return unknown("an answer about another payment");
  const code = textAt(body, "resultCode") ?? "";
  const meaning = resultMeaning(code);
  const reference = textAt(body, "pspReference");
  if (meaning !== "refused" && meaning !== "failed") {
    const conflict = contradiction(body, call, reference);
    if (conflict !== null) return conflict;
  }
  switch (meaning) {
    case "final":
      if (reference === null) return unknown("an approval without a reference");
      return { kind: "approved", reference, amount: call.amount, currency: call.currency };
    case "partial":
      return conflicted("only a part of the amount was authorised", reference);
    case "refused":
      return { kind: "declined", error: refusal(body), ...(reference === null ? {} : { reference }) };
    case "failed":
      // Adyen's own final word: the payment was not processed.
      return definiteNo(failure(body), call, reference);
    case "redirect":
      return redirect(body, reference ?? call.attemptId);
    case "native":
      return definiteNo(
        unsupportedError("The processor asks for native 3DS, which needs its library in the shop."),
        call,
        reference,
      );
    case "waiting":
      return { kind: "pending", reference: reference ?? call.attemptId };
    case "unasked":
    case null:
      return unknown(`the result ${JSON.stringify(code.slice(0, 40))} proves nothing`);
  }
}

/** After a challenge a "no" is about the payment; a mere failure would be about the fetching of its result. */
function definiteNo(error: ProcessorError, call: ProcessorCall, reference: string | null): Outcome {
  if (call.kind !== "authenticate") return { kind: "failed", error };
  return { kind: "declined", error, ...(reference === null ? {} : { reference }) };
}

/** The shopper can go to the page again, and come back with what it gives. */
export function stillOpen({ attemptReference, challengeUrl }: ProcessorCall, reason: string): Outcome {
  if (attemptReference === null || challengeUrl === null) return unknown(reason);
  return { kind: "challenge", reference: attemptReference, url: challengeUrl };
}

function refusal(body: Json) {
  const code = textAt(body, "refusalReasonCode");
  return declineError(refusalDecline(code), code, textAt(body, "refusalReason"));
}

function failure(body: Json) {
  return { ...refusal(body), category: "processor_unavailable" as const, retryable: true };
}

function redirect(body: Json, reference: string): Outcome {
  const action = objectAt(body, "action");
  const url = webAddressAt(action, "url");
  if (textAt(action, "type") !== "redirect" || url === null) return unknown("a redirect without a page");
  if (textAt(action, "method")?.toUpperCase() === "POST") {
    return unsupported("The processor asks for a form to be posted, not for a page to be opened.");
  }
  return { kind: "challenge", reference, url };
}

/** Everything that changes a payment is only received; what became of it comes by webhook. */
function readModification(body: Json, call: ProcessorCall): Outcome {
  const reference = textAt(body, "pspReference");
  if (textAt(body, "status") !== "received" || reference === null) return unknown("an answer that is no receipt");
  const theirs = textAt(body, "paymentPspReference");
  if (theirs !== null && theirs !== call.attemptReference) return unknown("a receipt for another payment");
  const key = textAt(body, "reference");
  if (key !== null && key !== call.key) return unknown("a receipt for another operation");
  return (call.kind === "void" ? null : contradiction(body, call, reference)) ?? { kind: "pending", reference };
}

/** The amount is optional in Adyen's answers; where it stands, it must be ours. */
function contradiction(body: Json, call: ProcessorCall, reference: string | null): Outcome | null {
  const said = readAmount(body);
  if (said === "absent") return null;
  if (said === "unreadable") return conflicted("an amount that is none of this currency", reference);
  if (said.amount === call.amount && said.currency === call.currency) return null;
  return conflicted(`asked for ${call.amount} ${call.currency}, answered ${said.amount} ${said.currency}`, reference);
}

function conflicted(reason: string, reference: string | null): Outcome {
  return { kind: "conflicted", reason, ...(reference === null ? {} : { reference }) };
}
