/** Our call in the processor's words. Pure. */
import type { ConnectorAccount, ProcessorCall, ProcessorRequest } from "../connector.ts";
import { profileOf } from "./settings.ts";
import type { WireInquiry, WireOp, WireRequest, WireSource } from "./wire.ts";

const OPS: Record<ProcessorCall["kind"], WireOp> = {
  verify: "check",
  authorize: "hold",
  charge: "sale",
  authenticate: "finish",
  capture: "take",
  void: "release",
  refund: "return",
};

export function opOf(call: ProcessorCall): WireOp {
  return OPS[call.kind];
}

export function opensTxn(call: ProcessorCall): boolean {
  return call.kind === "verify" || call.kind === "authorize" || call.kind === "charge";
}

export function performRequest(call: ProcessorCall, account: ConnectorAccount): ProcessorRequest {
  const wire: WireRequest = {
    op: opOf(call),
    key: call.key,
    shop: account.id,
    order: call.paymentId,
    amt: call.amount,
    ccy: call.currency.toUpperCase(),
    sca: challengeWish(call),
    back: call.returnUrl,
    profile: profileOf(account),
  };
  const src = sourceOf(call);
  if (src !== null) wire.src = src;
  if (!opensTxn(call)) wire.of = { txn: call.attemptReference, key: call.attemptId };
  return post("/v1/txn", wire);
}

/** An authentication has no line of its own in the books: what became of it is what became of the attempt. */
export function lookupRequest(call: ProcessorCall, account: ConnectorAccount, withdraw: boolean): ProcessorRequest {
  const key = call.kind === "authenticate" ? call.attemptId : call.key;
  const wire: WireInquiry = { key, shop: account.id, order: call.paymentId, withdraw };
  return post("/v1/inquiry", wire);
}

function post(path: string, wire: WireRequest | WireInquiry): ProcessorRequest {
  return { method: "POST", path, headers: { "content-type": "application/json" }, body: JSON.stringify(wire) };
}

/** Nobody is there to be challenged in a payment off session, and one authentication is enough. */
function challengeWish(call: ProcessorCall): WireRequest["sca"] {
  const { authentication, offSession } = call.details;
  if (offSession === true || authentication?.external !== undefined || authentication?.threeDs === "skip")
    return "never";
  return authentication?.threeDs === "force" ? "must" : "auto";
}

function sourceOf(call: ProcessorCall): WireSource | null {
  if (!opensTxn(call)) return null;
  if (call.method.type !== "card") return { kind: "redirect", via: call.method.provider ?? call.method.type };
  if (call.card === null) return null;
  const { number, expiryMonth, expiryYear, cvc } = call.card.reveal();
  return { kind: "card", pan: number, exp: `${expiryYear}-${String(expiryMonth).padStart(2, "0")}`, cvc };
}
