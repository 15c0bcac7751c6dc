import type { PaymentDetails, PaymentMethodView } from "../../../src/domain/payment/details.ts";
import { type Candidate, choose, type Knowledge } from "../../../src/domain/routing/choose.ts";
import type { RoutingConfig } from "../../../src/domain/routing/config.ts";

export function account(label: string, change: Partial<Candidate> = {}): Candidate {
  return {
    id: `ca_${label}`,
    label,
    processor: "sandbox",
    releasesRest: true,
    enabled: true,
    currencies: "*",
    methods: ["card"],
    captureMethods: ["automatic", "manual", "manual_multiple"],
    threeDs: true,
    zeroAmount: true,
    ...change,
  };
}

export const CARD: PaymentMethodView = {
  type: "card",
  paymentMethodType: "credit",
  card: {
    brand: "visa",
    last4: "4242",
    first6: "424242",
    expiryMonth: 12,
    expiryYear: 2030,
    funding: "credit",
    fingerprint: "fp",
  },
};

export const NOTHING_KNOWN: Knowledge = {
  circuit: () => null,
  counts: (_, segments) => segments.map(() => [0, 0] as const),
};

export function details(change: Partial<PaymentDetails> = {}): PaymentDetails {
  return { amount: 1000, currency: "gbp", captureMethod: "automatic", ...change };
}

export function plan(
  config: RoutingConfig | null,
  {
    id = "pay_1",
    said = {},
    accounts = [account("a"), account("b"), account("c")],
    knowledge = NOTHING_KNOWN,
  }: { id?: string; said?: Partial<PaymentDetails>; accounts?: Candidate[]; knowledge?: Knowledge } = {},
) {
  const routing = config === null ? null : { id: "rt_1", version: 1, config };
  return choose({ paymentId: id, details: details(said), method: CARD, accounts, routing, knowledge });
}

export function labels(chosen: ReturnType<typeof plan>): string[] {
  return chosen.candidates.map(({ label }) => label);
}

/** A seeded stream of numbers in [0, 1): mulberry32. */
export function stream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
