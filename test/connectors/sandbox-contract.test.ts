import { env } from "cloudflare:workers";
import { openDoor } from "../../src/connectors/registry.ts";
import { sandbox } from "../../src/connectors/sandbox/index.ts";
import { openingCall, sandboxAccount } from "./calls.ts";
import { describeConnector } from "./contract.ts";
import { ledgerOf } from "./sandbox-talk.ts";

const account = sandboxAccount();

describeConnector({
  connector: sandbox,
  account,
  open: () => openDoor(sandbox, account, env),
  approving: (kind) => openingCall(kind, "4242424242424242"),
  declining: (kind) => openingCall(kind, "4000000000000002"),
  challenging: (kind) => openingCall(kind, "4000003800000446"),
  erring: (kind) => openingCall(kind, "4000000000000119"),
  countEffects: async (call) =>
    (await ledgerOf(call.paymentId)).filter((line) => line.idempotencyKey === call.key).length,
  tamper: {
    amount: (body) => JSON.stringify({ ...JSON.parse(body), amt: 1001 }),
    currency: (body) => JSON.stringify({ ...JSON.parse(body), ccy: "USD" }),
  },
});
