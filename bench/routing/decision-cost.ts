/** What a decision costs in microseconds of CPU, apart from everything around it. */
import { type Candidate, choose, type Knowledge } from "../../src/domain/routing/choose.ts";
import type { RoutingConfig } from "../../src/domain/routing/config.ts";
import { applyObservation, emptyMemory, segmentCounts } from "../../src/domain/routing/memory.ts";
import { segmentsOf } from "../../src/domain/routing/segment.ts";
import type { PaymentDetails, PaymentMethodView } from "../../src/domain/payment/details.ts";

const ROUNDS = 20_000;

/** Ten rules that look at this and that; none matches, so that all are read. */
export function tenRules(labels: readonly string[]): RoutingConfig {
  const rules = Array.from({ length: 10 }, (_, n) => ({
    name: `rule ${n}`,
    when: {
      all: [
        { field: "currency", op: "in" as const, value: ["gbp", "usd"] },
        {
          any: [
            { field: "amount", op: "gt" as const, value: 900_000 + n },
            { field: "card.brand", op: "eq" as const, value: "amex" },
          ],
        },
        { not: { field: `metadata.tier${n}`, op: "eq" as const, value: "gold" } },
      ],
    },
    use: { priority: [labels[n % labels.length] ?? ""] },
  }));
  return { rules, default: { bestRate: { connectors: labels, explore: 0.05 } } };
}

const DETAILS: PaymentDetails = {
  amount: 1000,
  currency: "gbp",
  captureMethod: "automatic",
  billing: { country: "GB" },
};
const METHOD: PaymentMethodView = {
  type: "card",
  paymentMethodType: "credit",
  card: {
    brand: "visa",
    last4: "4242",
    first6: "424242",
    expiryMonth: 12,
    expiryYear: 2030,
    funding: "credit",
    fingerprint: "f",
  },
};

function account(label: string): Candidate {
  return {
    ...{ id: `ca_${label}`, label, processor: "sandbox", releasesRest: true, enabled: true, currencies: "*" },
    ...{ methods: ["card"], captureMethods: ["automatic"], threeDs: true, zeroAmount: true },
  };
}

export function measureDecision(): { plain: number; full: number } {
  const memory = emptyMemory();
  const segments = segmentsOf(DETAILS, METHOD);
  for (let n = 0; n < 3000; n++) {
    const credit = { segments, approved: n % 7 !== 0 };
    applyObservation(memory, { account: `ca_${n % 3}`, region: "", at: n, answer: "approved", latencyMs: 1, credit });
  }
  const knowledge: Knowledge = { circuit: () => null, counts: (id, names) => segmentCounts(memory, id, names) };
  const labels = ["0", "1", "2"];
  const routing = { id: "rt_1", version: 1, config: tenRules(labels) };
  const question = { details: DETAILS, method: METHOD, knowledge };
  return {
    plain: microseconds((paymentId) => choose({ ...question, paymentId, accounts: [account("0")], routing: null })),
    full: microseconds((paymentId) => choose({ ...question, paymentId, accounts: labels.map(account), routing })),
  };
}

function microseconds(work: (paymentId: string) => unknown): number {
  for (let n = 0; n < ROUNDS / 4; n++) work(`pay_warm_${n}`);
  const started = performance.now();
  for (let n = 0; n < ROUNDS; n++) work(`pay_${n}`);
  return ((performance.now() - started) * 1000) / ROUNDS;
}
