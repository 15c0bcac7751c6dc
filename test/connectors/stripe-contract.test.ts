import { stripe } from "../../src/connectors/stripe/index.ts";
import { openingCall } from "./calls.ts";
import { describeConnector } from "./contract.ts";
import { CHALLENGE_CARD, doorTo, GOOD_CARD, limitedCall, makeSimulator, stripeAccount } from "./stripe-calls.ts";

const simulator = makeSimulator();

describeConnector({
  connector: stripe,
  account: stripeAccount,
  open: () => doorTo(simulator),
  approving: (kind) => openingCall(kind, GOOD_CARD),
  declining: (kind) => openingCall(kind, "4000000000000002"),
  challenging: (kind) => openingCall(kind, CHALLENGE_CARD),
  erring: limitedCall,
  countEffects: async (call) => simulator.books.filter((line) => line.key === call.key).length,
  prepares: ({ path }) => path === "/v1/payment_methods",
  tamper: {
    amount: (body) => changeIntents(body, (intent) => ({ ...intent, amount: 1001 })),
    currency: (body) => changeIntents(body, (intent) => ({ ...intent, currency: "usd" })),
  },
});

type Intent = Record<string, unknown>;

/** An intent by itself, or in a list. */
function changeIntents(body: string, change: (intent: Intent) => Intent): string {
  const answer = JSON.parse(body) as Intent & { data?: Intent[] };
  if (answer["object"] === "payment_intent") return JSON.stringify(change(answer));
  return JSON.stringify(answer.data === undefined ? answer : { ...answer, data: answer.data.map(change) });
}
