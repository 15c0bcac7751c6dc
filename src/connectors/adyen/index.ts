/** Adyen, Checkout API v72. What changes a payment is answered "received" and settled by webhook. */
import type { Outcome } from "../../domain/outcome.ts";
import type { CallContext, Connector, ConnectorAccount, ProcessorCall } from "../connector.ts";
import { unsupported } from "../declines.ts";
import { opensPayment, performRequest } from "./request.ts";
import { readPerform, stillOpen } from "./response.ts";
import { readNotification, verifyNotification } from "./webhook.ts";

/** Part of a host name, so nothing may stand in it that ends one. */
const URL_PREFIX = /^[0-9A-Za-z](?:[0-9A-Za-z-]{0,60}[0-9A-Za-z])?$/;

function isReachable({ mode, credentials }: ConnectorAccount): boolean {
  return mode === "test" || URL_PREFIX.test(credentials["liveEndpointUrlPrefix"] ?? "");
}

function baseUrl(account: ConnectorAccount): string {
  if (account.mode === "test") return "https://checkout-test.adyen.com";
  // Without its prefix, a host that cannot exist: a live payment must never go to the test endpoint.
  if (!isReachable(account)) return "https://live-endpoint-url-prefix.invalid";
  return `https://${account.credentials["liveEndpointUrlPrefix"]}-checkout-live.adyenpayments.com/checkout`;
}

async function perform(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  const { account } = context;
  if (opensPayment(call) && call.method.type === "card" && call.card === null) {
    // Not a failure: the same call may have been made before the card was erased.
    return { kind: "unknown", reason: "the card is no longer at hand" };
  }
  if (!isReachable(account)) return unsupported("The connector account lacks its `liveEndpointUrlPrefix`.");
  const request = performRequest(call, account);
  if (request !== null) {
    const outcome = readPerform(await context.send(request), call);
    return isAbandonment(call) ? abandoned(outcome, call) : outcome;
  }
  if (call.kind === "authenticate") return stillOpen(call, "the shopper came back without a result");
  return unsupported(`The processor cannot express ${call.amount} minor units of ${call.currency}.`);
}

/** A card's challenge is finished by our own call alone, which is not made any more: nothing is held, nor will be. */
function isAbandonment({ kind, amount, method }: ProcessorCall): boolean {
  return kind === "void" && amount === 0 && method.type === "card";
}

/** Adyen is told all the same; whether it finds something to cancel makes no difference. */
function abandoned(outcome: Outcome, { attemptReference, attemptId, currency }: ProcessorCall): Outcome {
  if (outcome.kind !== "pending" && outcome.kind !== "failed") return outcome;
  return { kind: "approved", reference: attemptReference ?? attemptId, amount: 0, currency };
}

/** Adyen answers no questions: a repeated call under its key says what the first one did, and webhooks say the rest. */
async function lookup(): Promise<Outcome> {
  return { kind: "unknown", reason: "the processor has no look-up; its webhook will tell" };
}

export const adyen: Connector = {
  name: "adyen",
  baseUrl,
  capabilities: {
    currencies: "*",
    methods: ["card", "wallet", "bank_redirect", "pay_later", "bank_transfer"],
    captureMethods: ["automatic", "manual", "manual_multiple"],
    multipleCapture: true,
    partialCapture: true,
    // "Any unclaimed amount that is left over after partially capturing a payment is automatically cancelled."
    releasesRest: true,
    void: true,
    refund: true,
    partialRefund: true,
    threeDs: true,
    zeroAmount: true,
    // The documentation has said 7 and 31 days at different times; the shorter one is safe.
    recovery: { lookup: "none", replayWindowHours: 7 * 24, cancelByKey: true, webhook: true },
  },
  timeoutMs: 20_000,
  credentials: { required: ["apiKey", "merchantAccount"], optional: ["hmacKey", "liveEndpointUrlPrefix"] },
  perform,
  lookup,
  webhook: { verify: verifyNotification, read: readNotification },
};
