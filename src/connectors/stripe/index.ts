/**
 * Stripe's PaymentIntents, as docs.stripe.com/api describes them for the version that `request.ts` pins. One attempt
 * is one PaymentIntent (a verification one SetupIntent), found again by our id in its metadata.
 */
import type { Outcome } from "../../domain/outcome.ts";
import type { CallContext, Connector, ProcessorCall } from "../connector.ts";
import { unsupported } from "../declines.ts";
import { textAt } from "../read-json.ts";
import { STRIPE_CURRENCIES, toStripeAmount } from "./amounts.ts";
import { STRIPE_METHODS, stripeMethod } from "./methods.ts";
import * as requests from "./request.ts";
import * as read from "./response.ts";
import { readEvent, verifyEvent } from "./webhook.ts";

async function perform(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  const amount = toStripeAmount(call.amount, call.currency);
  if (amount === null) return unsupported(`Stripe cannot express this amount of ${call.currency}.`);
  switch (call.kind) {
    case "verify":
    case "authorize":
    case "charge":
      return open(call, context, amount);
    case "authenticate":
      return lookupAttempt(call, context);
    case "capture":
      return capture(call, context, amount);
    case "void":
      return release(call, context);
    case "refund": {
      const answer = await context.send(requests.refundRequest(call, context.account, amount));
      const { object, outcome } = read.readObject(answer, "refund", call);
      return object === null ? outcome : read.readRefund(object, call);
    }
  }
}

async function open(call: ProcessorCall, context: CallContext, amount: number): Promise<Outcome> {
  const type = stripeMethod(call.method);
  if (type === null) return unsupported(`Stripe does not offer ${call.method.provider ?? call.method.type}.`);
  let id: string | null = null;
  if (type === "card") {
    const made = await makePaymentMethod(call, context);
    if (made.id === null) return made.outcome;
    ({ id } = made);
  }
  const { account } = context;
  if (call.kind === "verify") {
    const answer = await context.send(requests.setupIntentRequest(call, account, { type, id }));
    const { object, outcome } = read.readObject(answer, "setup_intent", call);
    return object === null ? outcome : read.readSetup(object, call);
  }
  const answer = await context.send(requests.paymentIntentRequest(call, account, { method: { type, id }, amount }));
  const { object, outcome } = read.readObject(answer, "payment_intent", call);
  return object === null ? outcome : read.readPayment(object, call);
}

/** Moves no money. Whatever it leaves open, the intent under our key has at most one effect. */
async function makePaymentMethod(
  call: ProcessorCall,
  context: CallContext,
): Promise<{ id: string } | { id: null; outcome: Outcome }> {
  const request = requests.paymentMethodRequest(call, context.account);
  // Not a failure: the same call may have been made before the card was erased. A look-up tells.
  if (request === null) return { id: null, outcome: read.unknown("the card is no longer at hand") };
  const { object, outcome } = read.readObject(await context.send(request), "payment_method", call);
  if (object === null) return { id: null, outcome };
  const id = textAt(object, "id");
  return id === null ? { id, outcome: read.unknown("a payment method without an id") } : { id };
}

async function capture(call: ProcessorCall, context: CallContext, amount: number): Promise<Outcome> {
  const answer = await context.send(requests.captureRequest(call, context.account, amount));
  const { object, outcome } = read.readObject(answer, "payment_intent", call);
  if (object !== null) return read.readCapture(object, call) ?? read.unknown("the answer is not about this capture");
  // Stripe may have pruned the key: what it refuses now may be what it has done for us.
  const intent = read.intentInError(answer);
  return (intent === null ? null : read.readCapture(intent, call)) ?? outcome;
}

async function release(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  const answer = await context.send(requests.cancelRequest(call, context.account));
  const { object, outcome } = read.readObject(answer, intentType(call), call);
  if (object !== null) return read.readVoid(object, call) ?? read.unknown("cancelled, and yet something is held");
  const intent = read.intentInError(answer);
  return (intent === null ? null : read.readVoid(intent, call)) ?? outcome;
}

function lookup(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  switch (call.kind) {
    case "verify":
    case "authorize":
    case "charge":
    case "authenticate":
      return lookupAttempt(call, context);
    case "capture":
    case "void":
      return lookupOnIntent(call, context);
    case "refund":
      return lookupRefund(call, context);
  }
}

async function lookupAttempt(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  let found = call;
  if (call.attemptReference === null) {
    const answer = await context.send(requests.get(context.account, requests.searchPath(call)));
    const type = call.attemptKind === "verify" ? "list" : "search_result";
    const { object, outcome } = read.readFound(answer, type, call);
    // Some accounts have no search: then there is nothing to find, and the key's own repeat will tell.
    if (object === null) return read.isWithoutSearch(answer) ? read.absent() : outcome;
    const intent = read.findByMetadata(object, "attempt", call.attemptId);
    if (intent === "several") return { kind: "conflicted", reason: "Stripe has several intents of this attempt" };
    if (intent === null) return read.absent();
    // The index lags behind: the intent itself is asked for.
    found = { ...call, attemptReference: textAt(intent, "id") };
  }
  const { object, outcome } = read.readFound(
    await context.send(requests.get(context.account, requests.retrievePath(found))),
    intentType(call),
    call,
  );
  if (object === null) return outcome;
  return call.attemptKind === "verify" ? read.readSetup(object, call) : read.readPayment(object, call);
}

async function lookupOnIntent(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  const answer = await context.send(requests.get(context.account, requests.retrievePath(call)));
  const { object, outcome } = read.readFound(answer, intentType(call), call);
  if (object === null) return outcome;
  return (call.kind === "capture" ? read.readCapture(object, call) : read.readVoid(object, call)) ?? read.absent();
}

async function lookupRefund(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  const answer = await context.send(requests.get(context.account, requests.refundsPath(call)));
  const { object, outcome } = read.readFound(answer, call.reference === null ? "list" : "refund", call);
  if (object === null) return outcome;
  if (call.reference !== null) return read.readRefund(object, call);
  const refund = read.findByMetadata(object, "refund", call.key);
  if (refund === "several") return { kind: "conflicted", reason: "Stripe has several refunds under this key" };
  return refund === null ? read.absent() : read.readRefund(refund, call);
}

function intentType(call: ProcessorCall): string {
  return call.attemptKind === "verify" ? "setup_intent" : "payment_intent";
}

export const stripe: Connector = {
  name: "stripe",
  baseUrl: () => "https://api.stripe.com",
  capabilities: {
    currencies: STRIPE_CURRENCIES,
    methods: STRIPE_METHODS,
    captureMethods: ["automatic", "manual", "manual_multiple"],
    // Where the account has it; else Stripe refuses the capture that would stay open, and nothing is lost.
    multipleCapture: true,
    partialCapture: true,
    releasesRest: true,
    void: true,
    refund: true,
    partialRefund: true,
    threeDs: true,
    zeroAmount: true,
    recovery: { lookup: "eventual", replayWindowHours: 24, cancelByKey: false, webhook: true },
  },
  timeoutMs: 20_000,
  credentials: { required: ["apiKey"], optional: ["webhookSecret"] },
  perform,
  lookup,
  webhook: { verify: verifyEvent, read: readEvent },
};
