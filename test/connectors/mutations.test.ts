import { expect, test } from "vitest";
import type { Connector } from "../../src/connectors/connector.ts";
import { stripe } from "../../src/connectors/stripe/index.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { proveMutations } from "./mutation-proof.ts";
import { mutationSuites } from "./mutation-suites.ts";
import { stripeScenarios } from "./stripe-scenarios.ts";

test.each(mutationSuites)(
  "no spoilt answer of $connector.name throws, or ends an operation otherwise than it ended",
  async (suite) => {
    expect(await proveMutations(suite, { numRuns: 3_000 })).toBeGreaterThanOrEqual(3_000);
  },
  60_000,
);

test.each<[string, (outcome: Outcome) => Outcome]>([
  ["takes silence for a no", (outcome) => (outcome.kind === "unknown" ? { kind: "declined", error: NO } : outcome)],
  [
    "believes any amount",
    (outcome) =>
      outcome.kind === "conflicted" ? { kind: "approved", reference: "x", amount: 1, currency: "gbp" } : outcome,
  ],
  ["throws", (outcome) => (outcome.kind === "unknown" ? raise() : outcome)],
])(
  "a connector that %s is caught",
  async (_, spoil) => {
    const careless: Connector = {
      ...stripe,
      perform: async (call, context) => spoil(await stripe.perform(call, context)),
      lookup: async (call, context, options) => spoil(await stripe.lookup(call, context, options)),
    };
    await expect(proveMutations({ ...stripeScenarios, connector: careless }, { numRuns: 4_000 })).rejects.toThrow();
  },
  60_000,
);

const NO = {
  code: "card_declined",
  message: "no",
  declineCode: null,
  category: "other",
  retryable: false,
  connectorCode: null,
  connectorMessage: null,
} as const;

function raise(): never {
  throw new Error("careless");
}
