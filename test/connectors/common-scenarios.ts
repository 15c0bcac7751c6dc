/** Every operation once, every look-up, every kind of ending: what any connector can be put through at its simulator. */
import type { CallContext, Connector, ConnectorAccount, ProcessorCall } from "../../src/connectors/connector.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { followingCall, openingCall } from "./calls.ts";
import type { Scenario } from "./mutation-proof.ts";

export interface Peer {
  connector: Connector;
  account: ConnectorAccount;
  send: CallContext["send"];
  cards: { approved: string; declined: string; challenged: string };
}

export async function commonScenarios({ connector, account, send, cards }: Peer): Promise<Scenario[]> {
  const context: CallContext = { account, send, now: 1_780_000_000_000 };
  const scenarios: Scenario[] = [];
  const act = (name: string, call: ProcessorCall) => scenarios.push({ name, call, send, asks: false });
  const ask = (name: string, call: ProcessorCall) =>
    scenarios.push({ name: `asking: ${name}`, call, send, asks: true });
  const made = async (kind: "authorize" | "charge" | "verify", card: string) => {
    const call = openingCall(kind, card);
    return { call, attemptReference: referenceOf(await connector.perform(call, context)) };
  };
  const following = async (kind: "capture" | "void" | "refund", changes: Partial<ProcessorCall> = {}) => {
    const { call, attemptReference } = await made(kind === "refund" ? "charge" : "authorize", cards.approved);
    return followingCall(call, kind, { attemptReference, captureReference: attemptReference, ...changes });
  };

  for (const kind of ["charge", "authorize", "verify"] as const) {
    if (kind === "verify" && !connector.capabilities.zeroAmount) continue;
    act(kind, openingCall(kind, cards.approved));
    const { call, attemptReference } = await made(kind, cards.approved);
    ask(kind, call);
    ask(`${kind} by its id`, { ...call, attemptReference });
  }
  act("decline", openingCall("charge", cards.declined));
  ask("decline", (await made("charge", cards.declined)).call);
  act("challenge", openingCall("charge", cards.challenged));
  ask("challenge", (await made("charge", cards.challenged)).call);
  act("redirect", openingCall("charge", null));
  ask("nothing", openingCall("charge", cards.approved));
  for (const kind of ["capture", "void", "refund"] as const) {
    act(kind, await following(kind, kind === "capture" ? { final: true } : {}));
    const call = await following(kind);
    ask(`${kind} that was not made`, call);
    const reference = referenceOf(await connector.perform(call, context));
    ask(kind, call);
    ask(`${kind} by its id`, { ...call, reference });
  }
  act("refund of too much", await following("refund", { amount: 5_000 }));
  return scenarios;
}

function referenceOf(outcome: Outcome): string | null {
  return "reference" in outcome ? (outcome.reference ?? null) : null;
}
