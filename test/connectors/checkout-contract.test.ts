import { checkout } from "../../src/connectors/checkout/index.ts";
import { CHECKOUT_CARDS, CheckoutSimulator } from "../support/processors/checkout.ts";
import { checkoutAccount } from "./accounts.ts";
import { openingCall } from "./calls.ts";
import { describeConnector } from "./contract.ts";

const processor = new CheckoutSimulator();

/** Of a payment, or of the payments under a reference; a list of actions stays as it is. */
function change(body: string, members: Record<string, unknown>): string {
  const said = JSON.parse(body) as { data?: object[] };
  if (Array.isArray(said)) return body;
  return JSON.stringify(
    said.data === undefined ? { ...said, ...members } : { data: said.data.map((one) => ({ ...one, ...members })) },
  );
}

describeConnector({
  connector: checkout,
  account: checkoutAccount(),
  open: () => processor.send,
  approving: (kind) => openingCall(kind, CHECKOUT_CARDS.approved),
  declining: (kind) => openingCall(kind, CHECKOUT_CARDS.declined),
  challenging: (kind) => openingCall(kind, CHECKOUT_CARDS.challenged),
  // It has no error that is sure to have executed nothing and is not about the request itself.
  erring: () => null,
  countEffects: async (call) => processor.moves.filter(({ key }) => key === call.key).length,
  tamper: {
    amount: (body) => change(body, { amount: 1001 }),
    currency: (body) => change(body, { currency: "USD" }),
  },
});
