import { describe, expect, test } from "vitest";
import { adyen } from "../../src/connectors/adyen/index.ts";
import { EVENTS, RESULTS } from "../../src/connectors/adyen/codes.ts";
import type { ProcessorCall } from "../../src/connectors/connector.ts";
import { adyenAccount } from "../connectors/accounts.ts";
import { followingCall, openingCall } from "../connectors/calls.ts";
import { ADYEN_CARDS, AdyenSimulator } from "../support/processors/adyen.ts";
import { everyDetail } from "./every-detail.ts";
import { answerChecker, listedValues, readSlice, requestChecker } from "./published-schema.ts";

const slice = readSlice("adyen-checkout-v72");
const OF = "/payments/{paymentPspReference}";
const PATHS = [
  "/payments",
  "/payments/details",
  "/cancels",
  `${OF}/captures`,
  `${OF}/cancels`,
  `${OF}/refunds`,
] as const;

/** The one request of a call, and the simulator's answer to it. */
async function exchange(call: ProcessorCall, processor = new AdyenSimulator()) {
  const kept: { path: string; sent: unknown; status: number; answered: unknown }[] = [];
  const outcome = await adyen.perform(call, {
    account: adyenAccount(),
    now: 0,
    send: async (request) => {
      const answer = await processor.send(request);
      if (answer.kind === "answer") {
        const { path, body = "" } = request;
        kept.push({ path, sent: JSON.parse(body), status: answer.status, answered: JSON.parse(answer.body) });
      }
      return answer;
    },
  });
  const [one] = kept;
  if (one === undefined || kept.length > 1) throw new Error(`${kept.length} requests`);
  return { ...one, outcome };
}

function pathOf(path: string): string {
  return path.replace(/^\/v72/, "").replace(/^\/payments\/SIM\d+/, OF);
}

describe("requests to Adyen and the simulator's answers fit the published Checkout API v72", () => {
  async function expectFit(call: ProcessorCall, processor?: AdyenSimulator) {
    const { path, sent, status, answered, outcome } = await exchange(call, processor);
    expect(requestChecker(slice, pathOf(path)).check(sent)).toEqual([]);
    expect(answerChecker(slice, pathOf(path), status).check(answered)).toEqual([]);
    return { path: pathOf(path), outcome };
  }

  const cards = Object.values(ADYEN_CARDS);

  test.each([
    ...cards.map((card) => openingCall("charge", card)),
    openingCall("verify", ADYEN_CARDS.approved),
    ...["jpy", "eur", "kwd", "isk"].map((currency) => openingCall("authorize", ADYEN_CARDS.approved, { currency })),
    ...["force", "skip"].map((threeDs) =>
      everyDetail(openingCall("charge", ADYEN_CARDS.approved), {
        authentication: { threeDs: threeDs as "force" | "skip" },
      }),
    ),
    everyDetail(openingCall("charge", ADYEN_CARDS.approved)),
  ])("a payment by card (%#)", async (call) => {
    expect((await expectFit(call)).path).toBe("/payments");
  });

  test.each(["ideal", "klarna", "paypal", "trustly", "twint", "swish", "sepa", "mbway", "vipps"])(
    "a payment by %s",
    async (provider) => {
      const type = provider === "klarna" ? "pay_later" : "bank_redirect";
      const call = everyDetail(openingCall("charge", null, { method: { type, provider } }));
      expect((await expectFit(call)).outcome.kind).toBe("challenge");
    },
  );

  test("everything that follows a payment", async () => {
    const processor = new AdyenSimulator();
    const opening = openingCall("authorize", ADYEN_CARDS.approved);
    const { outcome } = await expectFit(opening, processor);
    const attemptReference = outcome.kind === "approved" ? outcome.reference : "";
    const paths = [];
    for (const kind of ["capture", "refund", "void"] as const) {
      paths.push((await expectFit(followingCall(opening, kind, { attemptReference }), processor)).path);
    }
    const unnamed = followingCall(opening, "void", { attemptReference: null });
    paths.push((await expectFit(unnamed, processor)).path);
    const challenge = await expectFit(openingCall("charge", ADYEN_CARDS.challenged), processor);
    const reference = challenge.outcome.kind === "challenge" ? challenge.outcome.reference : "";
    const back = { ...opening, kind: "authenticate" as const, returned: { redirectResult: `${reference}-approve` } };
    const finish = await exchange({ ...back, card: null }, processor);
    paths.push(pathOf(finish.path));
    expect(requestChecker(slice, "/payments/details").check(finish.sent)).toEqual([]);
    expect(answerChecker(slice, "/payments/details", 200).check(finish.answered)).toEqual([]);
    expect(paths).toEqual([`${OF}/captures`, `${OF}/refunds`, `${OF}/cancels`, "/cancels", "/payments/details"]);
  });

  test.each(PATHS)("the check of %s has no holes and refuses what is wrong", (path) => {
    const { check, repairs } = requestChecker(slice, path);
    expect(repairs).toEqual([]);
    for (const wrong of [
      null,
      [],
      "x",
      {},
      { merchantAccount: 7 },
      { merchantAccount: "m", amount: { value: "10", currency: "EUR" }, surprise: true },
    ]) {
      expect(check(wrong)).not.toEqual([]);
    }
  });
});

describe("Adyen's published names", () => {
  test("each result code has a meaning, and none is made up", () => {
    for (const schema of ["PaymentResponse", "PaymentDetailsResponse"]) {
      expect(listedValues(slice, schema, "resultCode").toSorted()).toEqual(Object.keys(RESULTS).toSorted());
    }
  });

  test("each webhook has a meaning, and none is made up", () => {
    expect(slice["webhooks"]).toEqual(Object.keys(EVENTS).toSorted());
  });
});
