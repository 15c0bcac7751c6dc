import { mollie } from "../../src/connectors/mollie/index.ts";
import { MollieSimulator } from "../support/processors/mollie.ts";
import { mollieAccount } from "./accounts.ts";
import { openingCall } from "./calls.ts";
import { describeConnector } from "./contract.ts";

const processor = new MollieSimulator();
/** Payments whose shopper will not pay. */
const refusing = new Set<string>();

const HOLDABLE = { method: { type: "pay_later", provider: "klarna" } };

/** Changes the amount of a payment, also in a list. */
function change(body: string, member: "value" | "currency", to: string): string {
  return JSON.stringify(
    JSON.parse(body, (name, value: unknown) => (name === member && typeof value === "string" ? to : value)),
  );
}

describeConnector({
  connector: mollie,
  account: mollieAccount(),
  open: () => processor.send,
  approving: (kind) => openingCall(kind, null, kind === "authorize" ? HOLDABLE : {}),
  declining: (kind) => {
    const call = openingCall(kind, null, kind === "authorize" ? HOLDABLE : {});
    refusing.add(call.paymentId);
    return call;
  },
  challenging: (kind) => openingCall(kind, null, kind === "authorize" ? HOLDABLE : {}),
  // It has no error that is sure to have executed nothing and is not about the request itself.
  erring: () => null,
  finishing: async (call, { reference: attemptReference }) => {
    const good = call.attemptKind === "authorize" ? "authorized" : "paid";
    processor.decide(attemptReference, refusing.has(call.paymentId) ? "failed" : good);
    return { ...call, kind: "authenticate", attemptReference };
  },
  countEffects: async (call) => processor.moves.filter(({ key }) => key === call.key).length,
  tamper: {
    amount: (body) => change(body, "value", "10.01"),
    currency: (body) => change(body, "currency", "USD"),
  },
});
