import type { CallContext, ConnectorAccount, ProcessorCall } from "../../src/connectors/connector.ts";
import { makeSend } from "../../src/connectors/send.ts";
import { STRIPE_VERSION } from "../../src/connectors/stripe/request.ts";
import { StripeSimulator } from "../support/processors/stripe/simulator.ts";
import { openingCall, sandboxAccount } from "./calls.ts";

export const GOOD_CARD = "4242424242424242";
export const CHALLENGE_CARD = "4000003800000446";

export const stripeAccount: ConnectorAccount = sandboxAccount({
  connector: "stripe",
  label: "stripe",
  credentials: { apiKey: "sk_test_simulated", webhookSecret: "whsec_simulated_0123456789" },
});

export function makeSimulator(): StripeSimulator {
  return new StripeSimulator(STRIPE_VERSION);
}

export function doorTo(simulator: StripeSimulator): CallContext["send"] {
  return makeSend({
    fetcher: (request) => simulator.handle(request),
    baseUrl: "https://api.stripe.com",
    timeoutMs: 5_000,
  });
}

/** Whose request Stripe's limiter refuses. */
export function limitedCall(kind: "authorize" | "charge"): ProcessorCall {
  const call = openingCall(kind, GOOD_CARD);
  return { ...call, details: { ...call.details, description: "rate-limit me" } };
}
