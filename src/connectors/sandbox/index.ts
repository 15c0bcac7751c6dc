/** The built-in processor, as any other is: an HTTP service in a format of its own. Test mode only. */
import type { CallContext, Connector, ProcessorCall } from "../connector.ts";
import type { Outcome } from "../../domain/outcome.ts";
import { lookupRequest, opensTxn, performRequest } from "./request.ts";
import { readLookup, readPerform } from "./response.ts";
import { readHook, verifyHook } from "./webhook.ts";

async function perform(call: ProcessorCall, context: CallContext): Promise<Outcome> {
  if (opensTxn(call) && call.method.type === "card" && call.card === null) {
    // Not a failure: the same call may have been made before the card was erased. A look-up tells.
    return { kind: "unknown", reason: "the card is no longer at hand" };
  }
  return readPerform(await context.send(performRequest(call, context.account)), call);
}

async function lookup(call: ProcessorCall, context: CallContext, options: { conclude: boolean }): Promise<Outcome> {
  return readLookup(await context.send(lookupRequest(call, context.account, options.conclude)), call);
}

export const sandbox: Connector = {
  name: "sandbox",
  baseUrl: () => "https://sandbox.invalid",
  capabilities: {
    currencies: "*",
    methods: ["card", "wallet", "bank_redirect", "pay_later", "bank_transfer"],
    captureMethods: ["automatic", "manual", "manual_multiple"],
    multipleCapture: true,
    partialCapture: true,
    // What a partial capture leaves is given back by a void of its own, so that the ledger shows it.
    releasesRest: false,
    void: true,
    refund: true,
    partialRefund: true,
    threeDs: true,
    zeroAmount: true,
    recovery: { lookup: "conclusive", replayWindowHours: 24, cancelByKey: false, webhook: true },
  },
  timeoutMs: 3_000,
  credentials: { required: [], optional: [] },
  perform,
  lookup,
  webhook: { verify: verifyHook, read: readHook },
};
