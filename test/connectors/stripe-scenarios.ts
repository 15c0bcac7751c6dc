import type { ProcessorCall } from "../../src/connectors/connector.ts";
import { stripe } from "../../src/connectors/stripe/index.ts";
import { followingCall, openingCall } from "./calls.ts";
import type { MutationSuite } from "./mutation-proof.ts";
import { CHALLENGE_CARD, doorTo, GOOD_CARD, makeSimulator, stripeAccount } from "./stripe-calls.ts";

/** Every operation, every look-up, every kind of ending. */
export const stripeScenarios: MutationSuite = {
  connector: stripe,
  account: stripeAccount,
  async scenarios() {
    const simulator = makeSimulator();
    const send = doorTo(simulator);
    const context = { account: stripeAccount, send, now: 0 };
    const made = async (kind: "authorize" | "charge" | "verify", card = GOOD_CARD) => {
      const call = openingCall(kind, card);
      const outcome = await stripe.perform(call, context);
      return { call, attemptReference: "reference" in outcome ? (outcome.reference ?? null) : null };
    };
    const done = async (call: ProcessorCall) => {
      await stripe.perform(call, context);
      return call;
    };
    const follow = async (kind: "capture" | "void" | "refund", card?: string) => {
      const { call, attemptReference } = await made(kind === "refund" ? "charge" : "authorize", card);
      return followingCall(call, kind, { attemptReference });
    };
    const challenged = await made("charge", CHALLENGE_CARD);
    const known = await made("charge");
    const act = (name: string, call: ProcessorCall) => ({ name, call, send, asks: false });
    const ask = (name: string, call: ProcessorCall) => ({ name: `asking: ${name}`, call, send, asks: true });
    return [
      act("charge", openingCall("charge", GOOD_CARD)),
      act("authorize", openingCall("authorize", GOOD_CARD)),
      act("verify", openingCall("verify", GOOD_CARD)),
      act("decline", openingCall("charge", "4000000000009995")),
      act("wrong number", openingCall("charge", "4242424242424241")),
      act("challenge", openingCall("charge", CHALLENGE_CARD)),
      act("redirect", openingCall("charge", null)),
      act("capture", await follow("capture")),
      act("void", await follow("void")),
      act("refund", await follow("refund")),
      act("slow refund", await follow("refund", "4000000000005126")),
      act("refund of too much", { ...(await follow("refund")), amount: 2000 }),
      act("void of what is captured", { ...(await follow("refund")), kind: "void" }),
      act("back from the challenge", {
        ...challenged.call,
        kind: "authenticate",
        card: null,
        attemptReference: challenged.attemptReference,
      }),
      ask("a charge", known.call),
      ask("a charge by its id", { ...known.call, attemptReference: known.attemptReference }),
      ask("a decline", (await made("charge", "4000000000000002")).call),
      ask("a verification", (await made("verify")).call),
      ask("a capture", await done(await follow("capture"))),
      ask("a capture that was not made", await follow("capture")),
      ask("a void", await done(await follow("void"))),
      ask("a refund", await done(await follow("refund"))),
      ask("nothing", openingCall("charge", GOOD_CARD)),
    ];
  },
};
