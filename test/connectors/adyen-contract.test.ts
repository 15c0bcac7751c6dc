import { adyen } from "../../src/connectors/adyen/index.ts";
import { ADYEN_CARDS, AdyenSimulator } from "../support/processors/adyen.ts";
import { adyenAccount } from "./accounts.ts";
import { openingCall } from "./calls.ts";
import { describeConnector } from "./contract.ts";

const processor = new AdyenSimulator();

describeConnector({
  connector: adyen,
  account: adyenAccount(),
  open: () => processor.send,
  approving: (kind) => openingCall(kind, ADYEN_CARDS.approved),
  declining: (kind) => openingCall(kind, ADYEN_CARDS.refused),
  challenging: (kind) => openingCall(kind, ADYEN_CARDS.challenged),
  erring: (kind) => openingCall(kind, ADYEN_CARDS.erring),
  countEffects: async (call) => processor.moves.filter(({ key }) => key === call.key).length,
  settling: async (call) => ({ raw: await processor.notification(call), headers: new Headers() }),
  tamper: {
    amount: (body) => JSON.stringify({ ...JSON.parse(body), amount: { value: 1001, currency: "GBP" } }),
    currency: (body) => JSON.stringify({ ...JSON.parse(body), amount: { value: 1000, currency: "USD" } }),
  },
});
