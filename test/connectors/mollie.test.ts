import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallContext, ProcessorAnswer, ProcessorCall } from "../../src/connectors/connector.ts";
import { mollie } from "../../src/connectors/mollie/index.ts";
import { MollieSimulator } from "../support/processors/mollie.ts";
import { mollieAccount } from "./accounts.ts";
import { followingCall, openingCall } from "./calls.ts";
import { mutationsOf } from "./mutate.ts";

type Send = CallContext["send"];

const perform = (call: ProcessorCall, send: Send, changes = {}) =>
  mollie.perform(call, { account: mollieAccount(changes), send, now: 0 });
const lookup = (call: ProcessorCall, send: Send) =>
  mollie.lookup(call, { account: mollieAccount(), send, now: 0 }, { conclude: false });

const KLARNA = { method: { type: "pay_later", provider: "klarna" } };

function answer(status: number, body: unknown): ProcessorAnswer {
  return { kind: "answer", status, headers: new Headers(), body: body === null ? "" : JSON.stringify(body) };
}

/** What it sends first, and what it makes of one and the same answer to everything. */
async function talk(call: ProcessorCall, status = 201, body: unknown = {}, changes = {}) {
  const requests: Parameters<Send>[0][] = [];
  const keep: Send = async (request) => {
    requests.push(request);
    return answer(status, body);
  };
  const outcome = await perform(call, keep, changes);
  const [request] = requests;
  return { outcome, request, requests, sent: JSON.parse(request?.body ?? "{}") as Record<string, unknown> };
}

async function opened(
  kind: "charge" | "authorize",
  changes: Partial<ProcessorCall> = kind === "authorize" ? KLARNA : {},
) {
  const processor = new MollieSimulator();
  const opening = openingCall(kind, null, changes);
  const outcome = await perform(opening, processor.send);
  if (outcome.kind !== "challenge") throw new Error(`expected a challenge, got ${JSON.stringify(outcome)}`);
  const { reference: attemptReference } = outcome;
  const back: ProcessorCall = { ...opening, kind: "authenticate", attemptReference };
  return { processor, opening, attemptReference, back, outcome };
}

describe("what Mollie is sent", () => {
  test("a payment with its page's way back, our key and the address for notices", async () => {
    const call = openingCall("charge", null);
    const { sent, request } = await talk(call);
    expect(request).toMatchObject({ method: "POST", path: "/v2/payments", headers: { "idempotency-key": call.key } });
    expect(sent).toEqual({
      amount: { currency: "GBP", value: "10.00" },
      description: `Payment ${call.paymentId}`,
      redirectUrl: call.returnUrl,
      webhookUrl: "https://pay.example/webhooks/ca_000000000000000000000001",
      method: "ideal",
      captureMode: "automatic",
      metadata: { key: call.key, payment: call.paymentId },
    });
    expect((await talk(openingCall("authorize", null, KLARNA))).sent).toMatchObject({
      captureMode: "manual",
      method: "klarna",
    });
  });

  test.each(["http://localhost:8787", "http://127.0.0.1:8787", "https://shop.local", "https://10.0.0.1"])(
    "no address for notices that Mollie cannot reach: %s",
    async (origin) => {
      const { sent } = await talk(openingCall("charge", null, { returnUrl: `${origin}/return/x` }));
      expect(sent).not.toHaveProperty("webhookUrl");
    },
  );

  test.each([
    ["jpy", 1050, "1050"],
    ["isk", 1050, "1050"],
    ["eur", 1050, "10.50"],
    ["eur", 5, "0.05"],
    ["huf", 1050, "10.50"],
  ])("%s %d is %s there, and comes back as what was asked for", async (currency, amount, value) => {
    const call = openingCall("charge", null, { amount, currency });
    const wire = { currency: currency.toUpperCase(), value };
    const { sent, outcome } = await talk(call, 201, { id: "tr_1", status: "paid", amount: wire });
    expect(sent["amount"]).toEqual(wire);
    expect(outcome).toEqual({ kind: "approved", reference: "tr_1", amount, currency });
  });

  test("a lender is told what is bought, as one line where the cart does not add up", async () => {
    const call = openingCall("charge", null, { ...KLARNA, amount: 5998 });
    const cartItems = [{ name: "Wireless Mouse", price: 2999, quantity: 2, type: "TANGIBLE" as const }];
    const lines = async (amount: number) => {
      const details = { ...call.details, amount, cartItems };
      return (await talk({ ...call, amount, details })).sent["lines"];
    };
    expect(await lines(5998)).toMatchObject([
      { description: "Wireless Mouse", quantity: 2, totalAmount: { value: "59.98" } },
    ]);
    expect(await lines(1000)).toMatchObject([{ description: "Order", quantity: 1, totalAmount: { value: "10.00" } }]);
  });

  test("later operations go to the payment, under their own keys", async () => {
    const opening = openingCall("authorize", null, KLARNA);
    const asked = async (kind: "capture" | "void" | "refund", changes = {}) => {
      const call = followingCall(opening, kind, { attemptReference: "tr_1", amount: 400, ...changes });
      const { request, sent } = await talk(call, 500);
      expect(request?.headers["idempotency-key"]).toBe(call.key);
      return [request?.method, request?.path, JSON.stringify(sent).replaceAll(call.key, "key")];
    };
    const body = JSON.stringify({
      amount: { currency: "GBP", value: "4.00" },
      description: "key",
      metadata: { key: "key" },
    });
    expect(await asked("capture")).toEqual(["POST", "/v2/payments/tr_1/captures", body]);
    expect(await asked("refund")).toEqual(["POST", "/v2/payments/tr_1/refunds", body]);
    expect(await asked("void")).toEqual(["POST", "/v2/payments/tr_1/release-authorization", "{}"]);
    expect(await asked("void", { amount: 0 })).toEqual(["DELETE", "/v2/payments/tr_1", "{}"]);
  });

  test("nothing that it does not offer, and nothing with a key of the other mode", async () => {
    const card = openingCall("charge", "4242424242424242");
    const unattended = openingCall("charge", null);
    const refused = [
      await talk(card),
      await talk({ ...unattended, details: { ...unattended.details, offSession: true } }),
      await talk(openingCall("verify", null)),
      await talk(unattended, 201, {}, { credentials: { apiKey: "live_x" } }),
      await talk(unattended, 201, {}, { mode: "live" }),
    ];
    for (const { outcome, request } of refused) {
      expect(outcome).toMatchObject({ kind: "failed", error: { code: "not_supported" } });
      expect(request).toBeUndefined();
    }
  });
});

describe("a shopper at Mollie", () => {
  test.each([
    ["charge", "paid"],
    ["authorize", "authorized"],
  ] as const)("who pays has paid, once, however often they return (%s)", async (kind, status) => {
    const { processor, opening, attemptReference, back } = await opened(kind);
    processor.decide(attemptReference, status);
    const outcome = await perform(back, processor.send);
    expect(outcome).toMatchObject({ kind: "approved", reference: attemptReference, amount: 1000 });
    expect(await perform(back, processor.send)).toEqual(outcome);
    expect(processor.moves).toEqual([{ key: opening.key, operation: kind, value: "10.00" }]);
    if (outcome.kind === "approved" && kind === "authorize") expect(outcome.expiresAt).toBe(Date.UTC(2026, 11, 24));
  });

  test("who has not decided is sent there again", async () => {
    const { processor, back, outcome } = await opened("charge");
    expect(await perform(back, processor.send)).toEqual(outcome);
  });

  test.each([
    ["canceled", undefined, "customer_cancelled", "other"],
    ["expired", undefined, "payment_expired", "other"],
    ["failed", undefined, "card_declined", "other"],
    ["failed", "insufficient_funds", "card_declined", "insufficient_funds"],
    ["failed", "invalid_cvv", "card_declined", "incorrect_cvc"],
    ["failed", "possible_fraud", "card_declined", "fraud"],
    ["failed", "authentication_abandoned", "authentication_failed", "authentication_failed"],
    ["failed", "brand_new_reason", "card_declined", "other"],
    ["failed", "constructor", "card_declined", "other"],
  ] as const)("whose payment is %s (%s) has not paid", async (status, reason, code, category) => {
    const { processor, attemptReference, back } = await opened("charge");
    processor.decide(attemptReference, status, reason);
    const error = { code, category, connectorCode: reason ?? status };
    expect(await perform(back, processor.send)).toMatchObject({ kind: "declined", error });
  });

  test("whose bank is still at it is waited for", async () => {
    const { processor, attemptReference, back } = await opened("charge");
    processor.decide(attemptReference, "pending");
    expect(await perform(back, processor.send)).toEqual({ kind: "pending", reference: attemptReference });
  });

  test("can be kept from paying until they have paid", async () => {
    const { processor, opening, attemptReference } = await opened("charge");
    const call = followingCall(opening, "void", { attemptReference, amount: 0 });
    expect(await perform(call, processor.send)).toMatchObject({ kind: "approved" });
    expect(await perform(call, processor.send)).toMatchObject({ kind: "approved" });
    const other = await opened("charge");
    other.processor.decide(other.attemptReference, "paid");
    const late = followingCall(other.opening, "void", { attemptReference: other.attemptReference, amount: 0 });
    expect(await perform(late, other.processor.send)).toMatchObject({
      kind: "failed",
      error: { code: "void_refused" },
    });
  });

  test("who was asked for a hold and was charged is a conflict, and a lender that holds first is waited for", async () => {
    const held = await opened("authorize");
    held.processor.decide(held.attemptReference, "paid");
    expect(await perform(held.back, held.processor.send)).toMatchObject({ kind: "conflicted" });
    const sold = await opened("charge", KLARNA);
    sold.processor.decide(sold.attemptReference, "authorized");
    expect(await perform(sold.back, sold.processor.send)).toMatchObject({ kind: "pending" });
  });
});

describe("what follows at Mollie", () => {
  async function held() {
    const made = await opened("authorize");
    made.processor.decide(made.attemptReference, "authorized");
    return made;
  }

  test("a last capture below the hold gives the rest back, an earlier one does not", async () => {
    for (const final of [true, false]) {
      const { processor, opening, attemptReference } = await held();
      const call = followingCall(opening, "capture", { attemptReference, amount: 400, final });
      expect(await perform(call, processor.send)).toMatchObject({ kind: "approved", amount: 400 });
      const operations = processor.moves.map(({ operation }) => operation);
      expect(operations).toEqual(final ? ["authorize", "capture", "void"] : ["authorize", "capture"]);
    }
  });

  test("the rest of a hold that was captured in part is voided", async () => {
    const { processor, opening, attemptReference } = await held();
    await perform(followingCall(opening, "capture", { attemptReference, amount: 400 }), processor.send);
    const call = followingCall(opening, "void", { attemptReference, amount: 600 });
    expect(await perform(call, processor.send)).toMatchObject({ kind: "approved", amount: 600 });
  });

  test("a hold that was captured whole cannot be voided, and is not taken for voided", async () => {
    const { processor, opening, attemptReference } = await held();
    await perform(followingCall(opening, "capture", { attemptReference, amount: 1000, final: true }), processor.send);
    const call = followingCall(opening, "void", { attemptReference, amount: 1000 });
    expect(await perform(call, processor.send)).toMatchObject({ kind: "failed", error: { code: "void_refused" } });
    expect(await lookup(call, processor.send)).toMatchObject({ kind: "conflicted" });
  });

  test.each([
    ["queued", "pending"],
    ["pending", "pending"],
    ["processing", "pending"],
    ["refunded", "approved"],
    ["failed", "declined"],
    ["canceled", "declined"],
    ["brand_new", "unknown"],
  ])("a refund that is %s is %s", async (status, kind) => {
    const { processor, opening, attemptReference } = await opened("charge");
    processor.decide(attemptReference, "paid");
    const call = followingCall(opening, "refund", { attemptReference, amount: 100 });
    expect((await perform(call, processor.send)).kind).toBe("pending");
    processor.settleRefunds(attemptReference, status);
    expect((await lookup(call, processor.send)).kind).toBe(kind);
  });

  test("two captures and two refunds are told apart by our keys", async () => {
    const { processor, opening, attemptReference } = await held();
    const [first, second] = [300, 200].map((amount) => followingCall(opening, "capture", { attemptReference, amount }));
    for (const call of [first, second]) if (call) await perform(call, processor.send);
    for (const call of [first, second])
      if (call) expect(await lookup(call, processor.send)).toMatchObject({ kind: "approved", amount: call.amount });
    const third = followingCall(opening, "refund", { attemptReference, amount: 100 });
    expect(await lookup(third, processor.send)).toEqual({ kind: "not_found", conclusive: false });
  });
});

describe("what Mollie's answers prove", () => {
  const call = openingCall("charge", null);
  const amount = { currency: "GBP", value: "10.00" };
  const payment = { id: "tr_1", status: "paid", amount, metadata: { key: call.key } };

  test.each([
    [401, "failed"],
    [403, "failed"],
    [404, "failed"],
    [422, "failed"],
    [409, "unknown"],
    [429, "unknown"],
    [500, "unknown"],
    [503, "unknown"],
  ])("HTTP %d is %s, and a refused question is unknown", async (status, kind) => {
    const body = { status, title: "T", detail: "D", field: "amount" };
    expect((await talk(call, status, body)).outcome.kind).toBe(kind);
    expect((await talk({ ...call, kind: "authenticate", attemptReference: "tr_1" }, status, body)).outcome.kind).toBe(
      "unknown",
    );
  });

  test("a refusal that is not Mollie's own proves nothing", async () => {
    expect((await talk(call, 403, null)).outcome.kind).toBe("unknown");
    expect((await talk(call, 422, { status: 500 })).outcome.kind).toBe("unknown");
  });

  test("contradictions are never approvals", async () => {
    for (const [change, kind] of [
      [{ amount: { ...amount, value: "9.99" } }, "conflicted"],
      [{ amount: { ...amount, value: "10.001" } }, "conflicted"],
      [{ amount: undefined }, "conflicted"],
      [{ metadata: { key: "att_other" } }, "unknown"],
      [{ id: "pay_1" }, "unknown"],
      [{ status: "brand_new" }, "unknown"],
      [{ kind: "approved", outcome: { kind: "approved" }, status: "x" }, "unknown"],
    ] as const) {
      expect((await talk(call, 201, { ...payment, ...change })).outcome.kind).toBe(kind);
      const asked = { ...call, kind: "authenticate" as const, attemptReference: "tr_1" };
      expect((await talk(asked, 200, { ...payment, ...change })).outcome.kind).toBe(kind);
    }
  });

  test("two payments under one key are a conflict", async () => {
    const body = { _embedded: { payments: [payment, { ...payment, id: "tr_2" }, { ...payment, metadata: null }] } };
    expect((await lookup(call, async () => answer(200, body))).kind).toBe("conflicted");
  });
});

describe("Mollie's answers, mutated", () => {
  test("an approval never becomes an approval of something else, nor a definite no", async () => {
    const sale = await opened("charge");
    sale.processor.decide(sale.attemptReference, "paid");
    const hold = await opened("authorize");
    hold.processor.decide(hold.attemptReference, "authorized");
    const { attemptReference } = hold;
    const cases = [
      { call: sale.back, processor: sale.processor },
      { call: { ...sale.opening, attemptReference: null, kind: "authenticate" as const }, processor: sale.processor },
      { call: hold.back, processor: hold.processor },
      { call: followingCall(hold.opening, "capture", { attemptReference, amount: 400 }), processor: hold.processor },
      {
        call: followingCall(sale.opening, "refund", { attemptReference: sale.attemptReference, amount: 400 }),
        processor: sale.processor,
      },
    ];
    for (const { call, processor } of cases) {
      const answers: ProcessorAnswer[] = [];
      await perform(call, async (request) => {
        const got = await processor.send(request);
        answers.push(got);
        return got;
      });
      const [real] = answers;
      if (real?.kind !== "answer") throw new Error("no answer");
      await fc.assert(
        fc.asyncProperty(mutationsOf(real.body), async (body) => {
          const outcome = await perform(call, async () => ({ ...real, body }));
          expect(["approved", "pending", "unknown", "conflicted", "challenge", "not_found"]).toContain(outcome.kind);
          if (outcome.kind === "approved")
            expect(outcome).toMatchObject({ amount: call.amount, currency: call.currency });
          if (outcome.kind === "not_found") expect(outcome.conclusive).toBe(false);
        }),
        { numRuns: 300 },
      );
    }
  });
});

test("a credential that is refused says nothing of an earlier sending", async () => {
  for (const status of [401, 403]) {
    const call = openingCall("charge", null);
    const body = { status, title: "T", detail: "D" };
    expect((await talk(call, status, body)).outcome.kind).toBe("failed");
    expect((await talk({ ...call, isRepeat: true }, status, body)).outcome.kind).toBe("unknown");
  }
});
