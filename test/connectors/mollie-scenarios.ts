/** Every operation of Mollie once, every look-up, every kind of ending: what its spoilt answers are made from. */
import type { CallContext, ProcessorCall } from "../../src/connectors/connector.ts";
import { mollie } from "../../src/connectors/mollie/index.ts";
import { MollieSimulator } from "../support/processors/mollie.ts";
import { mollieAccount } from "./accounts.ts";
import { followingCall, openingCall } from "./calls.ts";
import type { MutationSuite, Scenario } from "./mutation-proof.ts";

type Ending = Parameters<MollieSimulator["decide"]>[1];

const account = mollieAccount();
const HOLDABLE = { method: { type: "pay_later", provider: "klarna" } };

async function scenarios(): Promise<Scenario[]> {
  const processor = new MollieSimulator();
  const { send } = processor;
  const context: CallContext = { account, send, now: 0 };
  const made: Scenario[] = [];
  const act = (name: string, call: ProcessorCall) => made.push({ name, call, send, asks: false });
  const ask = (name: string, call: ProcessorCall) => made.push({ name: `asking: ${name}`, call, send, asks: true });

  /** A payment that the shopper has ended so. */
  async function ended(kind: "charge" | "authorize", ending: Ending | null) {
    const call = openingCall(kind, null, kind === "authorize" ? HOLDABLE : {});
    const opened = await mollie.perform(call, context);
    const attemptReference = opened.kind === "challenge" ? opened.reference : "";
    if (ending !== null) processor.decide(attemptReference, ending);
    return { call, attemptReference };
  }

  for (const kind of ["charge", "authorize"] as const) {
    act(kind, openingCall(kind, null, kind === "authorize" ? HOLDABLE : {}));
    const endings = [
      null,
      kind === "charge" ? "paid" : "authorized",
      "failed",
      "canceled",
      "expired",
      "pending",
    ] as const;
    for (const ending of endings) {
      const { call, attemptReference } = await ended(kind, ending);
      act(`${kind}, back from the page: ${ending}`, { ...call, kind: "authenticate", attemptReference });
      ask(`${kind}: ${ending}`, call);
    }
  }
  ask("nothing", openingCall("charge", null));
  for (const kind of ["capture", "void", "refund"] as const) {
    const { call, attemptReference } = await (kind === "refund"
      ? ended("charge", "paid")
      : ended("authorize", "authorized"));
    const following = followingCall(call, kind, {
      attemptReference,
      amount: kind === "void" ? 1000 : 400,
      final: true,
    });
    ask(`${kind} that was not made`, following);
    act(kind, following);
    await mollie.perform(following, context);
    ask(kind, following);
  }
  const open = await ended("charge", null);
  act(
    "void of an open payment",
    followingCall(open.call, "void", { attemptReference: open.attemptReference, amount: 0 }),
  );
  return made;
}

export const mollieScenarios: MutationSuite = { connector: mollie, account, scenarios };
