/** Checkout.com. What follows a payment is accepted first and done a moment later. */
import type { Outcome } from "../../domain/outcome.ts";
import type { CallContext, Connector, ConnectorAccount, ProcessorCall } from "../connector.ts";
import { declineError, unsupported } from "../declines.ts";
import { responseDecline } from "./codes.ts";
import { actionsRequest, opensPayment, paymentRequest, performRequest, searchRequest } from "./request.ts";
import { declinedBecause, readAccepted, readActions, readPayment, readSearch } from "./response.ts";
import { readEvent, verifyEvent } from "./webhook.ts";

/** Part of a host name, so nothing may stand in it that ends one. */
const SUBDOMAIN = /^[0-9a-z]{1,32}$/;

/** Newer accounts have a host of their own; without its name, the shared one is asked. */
function baseUrl({ mode, credentials }: ConnectorAccount): string {
  const { subdomain = "" } = credentials;
  const host = mode === "test" ? "api.sandbox.checkout.com" : "api.checkout.com";
  return SUBDOMAIN.test(subdomain) ? `https://${subdomain}.${host}` : `https://${host}`;
}

async function perform(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  // The shopper has been to the page already: nothing is left to do but to ask.
  if (call.kind === "authenticate") return lookup(call, context);
  if (opensPayment(call) && call.method.type === "card" && call.card === null) {
    // Not a failure: the same call may have been made before the card was erased. A look-up tells.
    return { kind: "unknown", reason: "the card is no longer at hand" };
  }
  const request = performRequest(call, context.account);
  if (request === null)
    return unsupported(`The processor cannot express ${call.amount} minor units of ${call.currency}.`);
  const answer = await context.send(request);
  const outcome = opensPayment(call) ? readPayment(answer, call) : readAccepted(answer, call);
  return outcome.kind === "pending" ? askOnce(call, context, outcome) : explained(outcome, context);
}

/** Most captures, voids and refunds are done by now; those that are not stay pending, and a webhook or a look-up tells. */
async function askOnce(
  call: ProcessorCall,
  context: CallContext,
  pending: Outcome & { kind: "pending" },
): Promise<Outcome> {
  const known = opensPayment(call) ? { ...call, attemptReference: pending.reference } : call;
  const outcome = await lookup(known, context);
  return outcome.kind === "unknown" || outcome.kind === "not_found" ? pending : outcome;
}

async function lookup(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  const { account } = context;
  const { kind, attemptReference } = call;
  if (kind === "capture" || kind === "void" || kind === "refund") {
    return readActions(await context.send(actionsRequest(attemptReference ?? "", account)), call);
  }
  if (attemptReference === null) {
    return explained(readSearch(await context.send(searchRequest(call.attemptId, account)), call), context);
  }
  const answer = await context.send(paymentRequest(attemptReference, account));
  if (answer.kind === "answer" && answer.status !== 200) {
    return { kind: "unknown", reason: `the look-up was answered with HTTP ${answer.status}` };
  }
  return explained(readPayment(answer, call), context);
}

/** A payment that is asked about says that it was declined, but not why. */
async function explained(outcome: Outcome, context: CallContext): Promise<Outcome> {
  if (outcome.kind !== "declined" || outcome.error.connectorCode !== null || outcome.reference === undefined)
    return outcome;
  const { code, summary } = declinedBecause(await context.send(actionsRequest(outcome.reference, context.account)));
  return code === null ? outcome : { ...outcome, error: declineError(responseDecline(code), code, summary) };
}

export const checkout: Connector = {
  name: "checkout",
  baseUrl,
  capabilities: {
    currencies: "*",
    methods: ["card", "wallet", "bank_redirect"],
    captureMethods: ["automatic", "manual", "manual_multiple"],
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
  credentials: { required: ["secretKey", "processingChannelId"], optional: ["webhookSecret", "subdomain"] },
  perform,
  lookup,
  webhook: { verify: verifyEvent, read: readEvent },
};
