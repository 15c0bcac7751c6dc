/** PayPal: orders v2 and payments v2. Money moves only when we ask for it, also after the payer has approved. */
import type { Outcome } from "../../domain/outcome.ts";
import type { CallContext, Connector, ProcessorCall, ProcessorRequest } from "../connector.ts";
import { declineError, unsupported } from "../declines.ts";
import { PAYPAL_CURRENCIES } from "./amount.ts";
import { CANCELLED_MARK, finishRequest, opensPayment, orderRequest, performRequest, refundRequest } from "./request.ts";
import { type OrderReading, readMove, readOrder, readVoid, unknown } from "./response.ts";
import { sendAuthorized } from "./send-authorized.ts";
import { readEvent, verifyEvent } from "./webhook.ts";

async function perform(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  if (call.kind === "authenticate") return resume(call, context);
  if (opensPayment(call) && call.method.type === "card" && call.card === null) {
    // Not a failure: the same call may have been made before the card was erased.
    return unknown("the card is no longer at hand");
  }
  // Nothing is held while the payer still has to act, and nothing will be: only we could take it.
  if (call.kind === "void" && call.amount === 0) return abandon(call, context);
  const request = performRequest(call);
  if (request === null) return unsupported("The processor cannot express this operation, method or amount.");
  const answer = await sendAuthorized(request, context);
  if (call.kind === "void") return readVoid(answer, call);
  if (!opensPayment(call)) return readMove(answer, call);
  return finish(readOrder(answer, call), call, context);
}

async function askOrder(orderId: string, call: ProcessorCall, context: CallContext): Promise<OrderReading> {
  const answer = await sendAuthorized(orderRequest(orderId), context);
  // What is refused here is the question.
  if (answer.kind === "answer" && answer.status !== 200) {
    return { kind: "outcome", outcome: unknown(`the look-up was answered with HTTP ${answer.status}`) };
  }
  return readOrder(answer, call);
}

/** The payer is back: where they have approved, the money is taken. */
async function resume(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  const { attemptReference } = call;
  if (attemptReference === null) return unknown("an order without an id");
  const outcome = await finish(await askOrder(attemptReference, call, context), call, context);
  const hasGivenUp = outcome.kind === "challenge" && call.returned[CANCELLED_MARK] !== undefined;
  return hasGivenUp
    ? { kind: "declined", error: declineError("customer_cancelled", null, null), reference: attemptReference }
    : outcome;
}

async function finish(reading: OrderReading, call: ProcessorCall, context: CallContext): Promise<Outcome> {
  if (reading.kind === "outcome") return reading.outcome;
  if (reading.kind === "ask") return unknown("an order that is not known yet");
  const request: ProcessorRequest = finishRequest(call, reading.orderId);
  const finished = readOrder(await sendAuthorized(request, context), call);
  const said = finished.kind === "ask" ? await askOrder(reading.orderId, call, context) : finished;
  return said.kind === "outcome" ? said.outcome : unknown("an order that is approved and cannot be finished");
}

async function abandon(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  const { attemptReference: reference, attemptKind, currency } = call;
  if (reference === null) return unknown("an order without an id");
  const asked = { ...call, kind: attemptKind, amount: call.details.amount };
  const reading = await askOrder(reference, asked, context);
  const isOpen = reading.kind === "ready" || (reading.kind === "outcome" && reading.outcome.kind === "challenge");
  const isOver = reading.kind === "outcome" && reading.outcome.kind === "declined";
  if (isOpen || isOver) return { kind: "approved", reference, amount: 0, currency };
  return reading.kind === "outcome" && reading.outcome.kind === "unknown"
    ? reading.outcome
    : unknown("an order that is not open");
}

/** Moves nothing: an order that could be finished is only waited for. */
async function lookup(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  const { kind, reference, attemptReference } = call;
  if (kind === "refund" && reference !== null) {
    const answer = await sendAuthorized(refundRequest(reference), context);
    const isAnswered = answer.kind === "no_answer" || answer.status === 200;
    return isAnswered ? readMove(answer, call) : unknown(`the look-up was answered with HTTP ${answer.status}`);
  }
  const isAttempt = opensPayment(call) || kind === "authenticate";
  if (!isAttempt || attemptReference === null) return unknown("the processor has no look-up by our reference");
  const reading = await askOrder(attemptReference, call, context);
  return reading.kind === "outcome" ? reading.outcome : { kind: "pending", reference: attemptReference };
}

export const paypal: Connector = {
  name: "paypal",
  baseUrl: ({ mode }) => (mode === "test" ? "https://api-m.sandbox.paypal.com" : "https://api-m.paypal.com"),
  capabilities: {
    currencies: PAYPAL_CURRENCIES,
    methods: ["card", "wallet"],
    captureMethods: ["automatic", "manual", "manual_multiple"],
    multipleCapture: true,
    partialCapture: true,
    // `final_capture` gives the rest back.
    releasesRest: true,
    void: true,
    refund: true,
    partialRefund: true,
    threeDs: true,
    zeroAmount: false,
    // Orders 6 hours, captures and refunds 45 days; the shorter holds for all.
    recovery: { lookup: "none", replayWindowHours: 6, cancelByKey: false, webhook: true },
  },
  timeoutMs: 20_000,
  credentials: { required: ["clientId", "clientSecret"], optional: ["webhookId"] },
  perform,
  lookup,
  webhook: { verify: verifyEvent, read: readEvent },
};
