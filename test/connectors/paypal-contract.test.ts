import { paypal } from "../../src/connectors/paypal/index.ts";
import { PAYPAL_CARDS, PayPalSimulator } from "../support/processors/paypal.ts";
import { paypalAccount } from "./accounts.ts";
import { openingCall } from "./calls.ts";
import { describeConnector } from "./contract.ts";

const processor = new PayPalSimulator();

/** Changes every amount in an order; an access token has none. */
function change(body: string, from: RegExp, to: string): string {
  return body.replaceAll(from, to);
}

describeConnector({
  connector: paypal,
  account: paypalAccount(),
  open: () => processor.send,
  approving: (kind) => openingCall(kind, PAYPAL_CARDS.approved),
  declining: (kind) => openingCall(kind, PAYPAL_CARDS.declined),
  challenging: (kind) => openingCall(kind, PAYPAL_CARDS.challenged),
  // What PayPal refuses for its own reasons it answers with 5xx, which proves nothing.
  erring: () => null,
  prepares: ({ path }) => path === "/v1/oauth2/token",
  countEffects: async (call) => {
    const key = call.kind === "void" ? `void of ${call.attemptId}` : call.key;
    return processor.moves.filter((move) => move.key === key).length;
  },
  tamper: {
    amount: (body) => change(body, /"value":"10\.00"/g, '"value":"10.01"'),
    currency: (body) => change(body, /"currency_code":"GBP"/g, '"currency_code":"USD"'),
  },
});
