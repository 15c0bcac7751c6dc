import { describe, expect, test } from "vitest";
import { STATUSES } from "../../src/connectors/checkout/codes.ts";
import { checkout } from "../../src/connectors/checkout/index.ts";
import type { ProcessorCall } from "../../src/connectors/connector.ts";
import { checkoutAccount } from "../connectors/accounts.ts";
import { followingCall, openingCall } from "../connectors/calls.ts";
import { CHECKOUT_CARDS, CheckoutSimulator } from "../support/processors/checkout.ts";
import { everyDetail } from "./every-detail.ts";
import { answerChecker, listedValues, readSlice, requestChecker } from "./published-schema.ts";

const slice = readSlice("checkout-nas-2022-07");

/** In the published document, which does not have the search by reference. */
function operationOf(path: string): string {
  return path.replace(/^(\/payments\/)[^/?]+/, "$1{id}");
}

/** Makes the call and checks each body that crosses; the operations that were used. */
async function expectFit(call: ProcessorCall, processor = new CheckoutSimulator()) {
  const used: string[] = [];
  const outcome = await checkout.perform(call, {
    account: checkoutAccount(),
    now: 0,
    send: async (request) => {
      const answer = await processor.send(request);
      const path = operationOf(request.path);
      const method = request.method.toLowerCase();
      used.push(`${method} ${path}`);
      if (request.body !== undefined) expect(requestChecker(slice, path).check(JSON.parse(request.body))).toEqual([]);
      if (answer.kind !== "answer") throw new Error("no answer");
      expect(answerChecker(slice, path, answer.status, method).check(JSON.parse(answer.body))).toEqual([]);
      return answer;
    },
  });
  return { outcome, used };
}

describe("requests to Checkout.com and the simulator's answers fit the published document", () => {
  test.each([
    ...Object.values(CHECKOUT_CARDS).map((card) => openingCall("charge", card)),
    openingCall("verify", CHECKOUT_CARDS.approved),
    ...["jpy", "eur", "kwd", "clp"].map((currency) => openingCall("authorize", CHECKOUT_CARDS.approved, { currency })),
    everyDetail(openingCall("charge", CHECKOUT_CARDS.approved)),
    everyDetail(openingCall("charge", CHECKOUT_CARDS.approved), { authentication: { threeDs: "force" } }),
    everyDetail(openingCall("charge", CHECKOUT_CARDS.approved), {
      authentication: {
        external: { eci: "05", cavv: "AAABBIIFmAAAAAAAAAAAAAAAAAA=", dsTransactionId: "f38e6948", version: "2.2.0" },
      },
    }),
    everyDetail(openingCall("charge", null, { method: { type: "wallet", provider: "paypal" } })),
    everyDetail(openingCall("charge", null, { method: { type: "wallet", provider: "alipay" } })),
  ])("a payment (%#)", async (call) => {
    expect((await expectFit(call)).used[0]).toBe("post /payments");
  });

  test("everything that follows a payment", async () => {
    const processor = new CheckoutSimulator();
    const opening = openingCall("authorize", CHECKOUT_CARDS.approved);
    const { outcome } = await expectFit(opening, processor);
    const attemptReference = outcome.kind === "approved" ? outcome.reference : "";
    const used = [];
    for (const kind of ["capture", "refund", "void"] as const) {
      used.push(...(await expectFit(followingCall(opening, kind, { attemptReference, final: true }), processor)).used);
    }
    used.push(...(await expectFit({ ...opening, kind: "authenticate", card: null, attemptReference }, processor)).used);
    const list = "get /payments/{id}/actions";
    const of = "post /payments/{id}";
    expect(used).toEqual([`${of}/captures`, list, `${of}/refunds`, list, `${of}/voids`, list, "get /payments/{id}"]);
  });

  const wrong: Record<string, unknown[]> = {
    "/payments": [
      { amount: 10 },
      { amount: "10", currency: "EUR" },
      { amount: -1, currency: "EUR" },
      { amount: 10, currency: "EURO" },
      { amount: 10, currency: "EUR", reference: "x".repeat(51) },
      { amount: 10, currency: "EUR", processing_channel_id: "channel" },
      { amount: 10, currency: "EUR", source: { type: "card", number: "4242424242424242", expiry_month: 12 } },
      {
        amount: 10,
        currency: "EUR",
        source: { type: "card", number: 4242424242424242, expiry_month: 12, expiry_year: 2034 },
      },
    ],
    "/payments/{id}/captures": [{ amount: "10" }, { amount: -1 }, { capture_type: "Partial" }],
    "/payments/{id}/refunds": [{ amount: 1.5 }, { reference: 7 }],
    "/payments/{id}/voids": [{ reference: "x".repeat(51) }, { metadata: "x" }],
  };

  test.each(Object.entries(wrong))("the check of %s refuses what is wrong", (path, bodies) => {
    const checker = requestChecker(slice, path);
    for (const body of [null, [], "x", ...bodies]) expect(checker.check(body)).not.toEqual([]);
  });

  test("what the document itself got wrong is known, and holds no member that we send", () => {
    const holes = Object.keys(wrong).flatMap((path) => requestChecker(slice, path).repairs);
    expect(new Set(holes)).toEqual(new Set(['type "Enum"', 'type "datetime"', 'type "long"', "required is no list"]));
  });
});

test("each status that Checkout.com publishes has a meaning", () => {
  for (const schema of ["PaymentResponse", "PaymentAcceptedResponse", "PaymentDetails"]) {
    for (const status of listedValues(slice, schema, "status")) expect(Object.keys(STATUSES)).toContain(status);
  }
});
