import { describe, expect, test } from "vitest";
import type { ProcessorCall } from "../../src/connectors/connector.ts";
import {
  ASK_ISSUES,
  AUTHORIZATION_STATUSES,
  CAPTURE_STATUSES,
  ISSUES,
  ORDER_STATUSES,
  processorDecline,
  REFUND_STATUSES,
  UNCERTAIN_ISSUES,
} from "../../src/connectors/paypal/codes.ts";
import { paypal } from "../../src/connectors/paypal/index.ts";
import { paypalAccount } from "../connectors/accounts.ts";
import { followingCall, openingCall } from "../connectors/calls.ts";
import { PAYPAL_CARDS, PayPalSimulator } from "../support/processors/paypal.ts";
import { everyDetail } from "./every-detail.ts";
import { answerChecker, listedValues, readSlice, requestChecker } from "./published-schema.ts";

const orders = readSlice("paypal-orders-v2");
const payments = readSlice("paypal-payments-v2");

const WALLET = { method: { type: "wallet", provider: "paypal" } };
const HOLD = "/v2/payments/authorizations/{authorization_id}";
const REFUND = "/v2/payments/captures/{capture_id}/refund";

function operationOf(path: string) {
  const known = [...Object.keys(orders.paths), ...Object.keys(payments.paths)];
  const found = known.find((one) => new RegExp(`^${one.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path));
  if (found === undefined) throw new Error(`no operation ${path}`);
  return { path: found, slice: found in orders.paths ? orders : payments };
}

/** Makes the call and checks each body that crosses; the operations that were used. */
async function expectFit(call: ProcessorCall, processor = new PayPalSimulator()) {
  const used: string[] = [];
  const outcome = await paypal.perform(call, {
    account: paypalAccount(),
    now: 0,
    send: async (request) => {
      const answer = await processor.send(request);
      if (request.path.startsWith("/v1/") || answer.kind !== "answer") return answer;
      const { path, slice } = operationOf(request.path);
      const method = request.method.toLowerCase();
      used.push(`${method} ${path}`);
      if (request.body !== undefined) expect(requestChecker(slice, path).check(JSON.parse(request.body))).toEqual([]);
      if (answer.status < 300) {
        expect(answerChecker(slice, path, answer.status, method).check(JSON.parse(answer.body))).toEqual([]);
      }
      return answer;
    },
  });
  return { outcome, used };
}

describe("requests to PayPal and the simulator's answers fit the published documents", () => {
  test.each([
    ...Object.values(PAYPAL_CARDS).map((card) => openingCall("charge", card)),
    ...["jpy", "eur", "huf", "twd"].map((currency) =>
      openingCall("authorize", PAYPAL_CARDS.approved, { currency, amount: 1000 }),
    ),
    everyDetail(openingCall("charge", PAYPAL_CARDS.approved)),
    everyDetail(openingCall("charge", PAYPAL_CARDS.approved), { offSession: true }),
    everyDetail(openingCall("charge", null, WALLET)),
    openingCall("authorize", null, WALLET),
    openingCall("charge", null, { method: { type: "wallet", provider: "venmo" } }),
  ])("an order (%#)", async (call) => {
    expect((await expectFit(call)).used[0]).toBe("post /v2/checkout/orders");
  });

  test.each(["charge", "authorize"] as const)(
    "a payer's approval is finished by the order's own operation (%s)",
    async (kind) => {
      const processor = new PayPalSimulator();
      const opening = openingCall(kind, null, WALLET);
      const { outcome } = await expectFit(opening, processor);
      const attemptReference = outcome.kind === "challenge" ? outcome.reference : "";
      processor.approve(attemptReference);
      const finished = await expectFit({ ...opening, kind: "authenticate", attemptReference }, processor);
      expect(finished.outcome.kind).toBe("approved");
      const verb = kind === "charge" ? "capture" : "authorize";
      expect(finished.used).toEqual(["get /v2/checkout/orders/{id}", `post /v2/checkout/orders/{id}/${verb}`]);
    },
  );

  test("everything that follows a payment", async () => {
    const processor = new PayPalSimulator();
    const opening = openingCall("authorize", PAYPAL_CARDS.approved);
    const held = await expectFit(opening, processor);
    const attemptReference = held.outcome.kind === "approved" ? held.outcome.reference : "";
    const capture = await expectFit(followingCall(opening, "capture", { attemptReference, amount: 400 }), processor);
    const captureReference = capture.outcome.kind === "approved" ? capture.outcome.reference : "";
    const refund = await expectFit(
      followingCall(opening, "refund", { attemptReference, captureReference, amount: 1 }),
      processor,
    );
    const release = await expectFit(followingCall(opening, "void", { attemptReference }), processor);
    expect([...capture.used, ...refund.used, ...release.used]).toEqual([
      `post ${HOLD}/capture`,
      `post ${REFUND}`,
      `post ${HOLD}/void`,
    ]);
  });

  const money = { currency_code: "EUR", value: "10.00" };
  const unit = { amount: money };
  const wrong: [string, unknown[]][] = [
    [
      "/v2/checkout/orders",
      [
        {},
        { intent: "CAPTURE" },
        { intent: "SALE", purchase_units: [unit] },
        { intent: "CAPTURE", purchase_units: [{}] },
        { intent: "CAPTURE", purchase_units: [{ amount: { ...money, value: 10 } }] },
        { intent: "CAPTURE", purchase_units: [{ amount: { ...money, value: "1O.00" } }] },
        { intent: "CAPTURE", purchase_units: [{ ...unit, custom_id: "x".repeat(128) }] },
        { intent: "CAPTURE", purchase_units: [unit], payment_source: { card: { number: "4111 1111 1111 1111" } } },
      ],
    ],
    [`${HOLD}/capture`, [{ amount: { value: "1.00" } }, { amount: 7 }, { final_capture: "yes" }, { invoice_id: 7 }]],
    [REFUND, [{ amount: { currency_code: "EUR" } }, { custom_id: "" }, { note_to_payer: 7 }]],
  ];

  test.each(wrong)("the check of %s refuses what is wrong", (path, bodies) => {
    const checker = requestChecker(operationOf(path).slice, path);
    for (const body of [null, [], "x", ...bodies]) expect(checker.check(body), JSON.stringify(body)).not.toEqual([]);
  });
});

describe("PayPal's published names", () => {
  test("each status has a meaning, and none is made up", () => {
    expect((orders.components.schemas["order_status"] as { enum: string[] }).enum.toSorted()).toEqual(
      Object.keys(ORDER_STATUSES).toSorted(),
    );
    expect(listedValues(payments, "capture_status", "status").toSorted()).toEqual(
      Object.keys(CAPTURE_STATUSES).toSorted(),
    );
    expect(listedValues(orders, "authorization_status", "status").toSorted()).toEqual(
      Object.keys(AUTHORIZATION_STATUSES).toSorted(),
    );
    expect(listedValues(payments, "refund_status", "status").toSorted()).toEqual(
      Object.keys(REFUND_STATUSES).toSorted(),
    );
  });

  test("each processor code but the approval is a decline", () => {
    const codes = listedValues(orders, "processor_response", "response_code");
    expect(codes.length).toBe(154);
    expect(codes.filter((code) => processorDecline(code) === null)).toEqual(["0000"]);
  });

  test("each issue that has a meaning of its own is one of theirs", () => {
    const theirs = new Set([...(orders["issues"] as string[]), ...(payments["issues"] as string[])]);
    for (const issue of [...Object.keys(ISSUES), ...ASK_ISSUES, ...UNCERTAIN_ISSUES])
      expect([...theirs]).toContain(issue);
  });
});
