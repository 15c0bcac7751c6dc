/** What the processor's answer proves. Total and pure: what cannot be read with certainty proves nothing. */
import type { Outcome } from "../../domain/outcome.ts";
import type { ProcessorAnswer, ProcessorCall } from "../connector.ts";
import { declineError, faultError } from "./codes.ts";
import { opOf } from "./request.ts";
import type { WireAnswer } from "./wire.ts";

export function readPerform(answer: ProcessorAnswer, call: ProcessorCall): Outcome {
  return read(answer, call, false);
}

export function readLookup(answer: ProcessorAnswer, call: ProcessorCall): Outcome {
  return read(answer, call, true);
}

function unknown(reason: string): Outcome {
  return { kind: "unknown", reason };
}

function read(answer: ProcessorAnswer, call: ProcessorCall, isLookup: boolean): Outcome {
  if (answer.kind === "no_answer") return unknown(answer.reason);
  const { status } = answer;
  const body = parseBody(answer.body);
  if (body === null) return unknown(`HTTP ${status} with an unreadable body`);
  if (body.res === "ERR") return readFault(body, status, isLookup);
  if (body.key !== (isAboutAttempt(call) ? call.attemptId : call.key))
    return unknown(`HTTP ${status} about another operation`);
  if (body.res === "NONE") return isLookup && status === 404 ? notFound(body) : unknown("NONE to an order");
  if (STATUSES[body.res] !== status) return unknown(`HTTP ${status} does not go with ${body.res}`);
  if (body.op !== expectedOp(call)) return unknown("an answer about another kind of operation");
  return contradiction(body, call) ?? outcomeOf(body);
}

function notFound(body: WireAnswer): Outcome {
  return { kind: "not_found", conclusive: body.withdrawn === true };
}

const STATUSES: Partial<Record<string, number>> = { OK: 200, ASK: 200, WAIT: 202, NO: 402 };

function isAboutAttempt(call: ProcessorCall): boolean {
  return call.kind === "authenticate";
}

function expectedOp(call: ProcessorCall): string {
  return opOf(isAboutAttempt(call) ? { ...call, kind: call.attemptKind } : call);
}

/** A definite error in the answer to a look-up says something of the look-up, and nothing of the operation. */
function readFault(body: WireAnswer, status: number, isLookup: boolean): Outcome {
  const fault = body.fault ?? "";
  if (isLookup) return unknown(`the look-up was answered with ${status} ${fault}`);
  if (fault === "key_reused")
    return { kind: "conflicted", reason: "the processor knows the key for a different operation" };
  if (body.done === false && status >= 400) return { kind: "failed", error: faultError(fault, status) };
  return unknown(`HTTP ${status} ${fault}`);
}

/** A void releases whatever is held, which only the processor knows for sure: a challenge may just have been passed. */
function contradiction(body: WireAnswer, call: ProcessorCall): Outcome | null {
  if (body.res === "NO") return null;
  const { amt, ccy, txn } = body;
  const reference = txn === undefined ? {} : { reference: txn };
  if (ccy !== call.currency.toUpperCase()) {
    return {
      kind: "conflicted",
      reason: `asked for ${call.currency}, answered ${String(ccy).toLowerCase()}`,
      ...reference,
    };
  }
  return call.kind === "void" || amt === call.amount
    ? null
    : { kind: "conflicted", reason: `asked for ${call.amount}, answered ${amt}`, ...reference };
}

/** Of a well-formed OK, NO, WAIT or ASK; everything else is unknown. */
export function outcomeOf(body: WireAnswer): Outcome {
  const { txn: reference, amt: amount, ccy } = body;
  if (reference === undefined || amount === undefined || ccy === undefined) return unknown("an incomplete answer");
  switch (body.res) {
    case "OK": {
      const expiry = body.lapses === undefined ? {} : { expiresAt: body.lapses };
      return { kind: "approved", reference, amount, currency: ccy.toLowerCase(), ...expiry };
    }
    case "NO":
      return body.why === undefined
        ? unknown("a refusal without a reason")
        : { kind: "declined", error: declineError(body.why), reference };
    case "WAIT":
      return { kind: "pending", reference };
    case "ASK":
      return body.go === undefined || !URL.canParse(body.go)
        ? unknown("a challenge without a page")
        : { kind: "challenge", reference, url: body.go };
    default:
      return unknown(`the result ${JSON.stringify((body.res as string).slice(0, 20))} is not known`);
  }
}

/** The known members, each of its type; null where it is no object or a member has another type. */
export function parseBody(text: string): WireAnswer | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const body = value as Record<string, unknown>;
  if (typeof body["res"] !== "string") return null;
  for (const name of ["op", "key", "order", "txn", "ccy", "why", "go", "fault"])
    if (!isOptional(body[name], "string")) return null;
  for (const name of ["amt", "lapses"]) {
    if (body[name] !== undefined && !(Number.isSafeInteger(body[name]) && (body[name] as number) >= 0)) return null;
  }
  return isOptional(body["done"], "boolean") && isOptional(body["withdrawn"], "boolean")
    ? (body as unknown as WireAnswer)
    : null;
}

function isOptional(value: unknown, type: "string" | "boolean"): boolean {
  return value === undefined || (typeof value === type && value !== "");
}
