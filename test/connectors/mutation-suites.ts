/** Every processor that has a simulator, at its simulator. */
import { adyen } from "../../src/connectors/adyen/index.ts";
import { checkout } from "../../src/connectors/checkout/index.ts";
import { paypal } from "../../src/connectors/paypal/index.ts";
import { ADYEN_CARDS, AdyenSimulator } from "../support/processors/adyen.ts";
import { CHECKOUT_CARDS, CheckoutSimulator } from "../support/processors/checkout.ts";
import { PAYPAL_CARDS, PayPalSimulator } from "../support/processors/paypal.ts";
import { adyenAccount, checkoutAccount, paypalAccount } from "./accounts.ts";
import { commonScenarios, type Peer } from "./common-scenarios.ts";
import { mollieScenarios } from "./mollie-scenarios.ts";
import type { MutationSuite } from "./mutation-proof.ts";
import { stripeScenarios } from "./stripe-scenarios.ts";

function suite(peer: Omit<Peer, "send">, open: () => Peer["send"]): MutationSuite {
  const { connector, account } = peer;
  return { connector, account, scenarios: () => commonScenarios({ ...peer, send: open() }) };
}

export const mutationSuites: readonly MutationSuite[] = [
  stripeScenarios,
  mollieScenarios,
  suite(
    { connector: adyen, account: adyenAccount(), cards: { ...ADYEN_CARDS, declined: ADYEN_CARDS.refused } },
    () => new AdyenSimulator().send,
  ),
  suite({ connector: checkout, account: checkoutAccount(), cards: CHECKOUT_CARDS }, () => new CheckoutSimulator().send),
  suite({ connector: paypal, account: paypalAccount(), cards: PAYPAL_CARDS }, () => new PayPalSimulator().send),
];
