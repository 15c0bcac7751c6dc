import type { LiveCheck } from "../live-check.ts";

/** Numbers: docs.stripe.com/testing. */
export const check: LiveCheck = {
  cards: { approved: "4242424242424242", declined: "4000000000000002", challenged: "4000002760003184" },
  currency: "gbp",
  refuse: ({ apiKey = "" }) =>
    /^[sr]k_test_/.test(apiKey) ? null : "the key is not one of Stripe's test mode (sk_test_… or rk_test_…)",
  notes: [
    "Card numbers go to Stripe as they are: the account needs access to raw card data APIs (Stripe's support switches it on).",
    "The search for a lost payment lags behind by up to a minute: the check waits for it.",
  ],
};
