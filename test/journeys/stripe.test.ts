/** Payments by Stripe through the HTTP API, with its simulator on the loopback interface. */
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { Stripe } from "stripe";
import { beforeEach, describe, expect, test } from "vitest";
import { webhookAccounts } from "../../src/http/webhook-account.ts";
import { makeClient, makeMerchant, type Send } from "../support/http.ts";

const SECRET = "whsec_journey_0123456789abcdef";
const CARD = { number: "4242424242424242", expiryMonth: "12", expiryYear: "2034", cvc: "123" };

// oxlint-disable-next-line typescript/no-explicit-any -- judged by the assertions
type Any = any;

let send: Send;
let key: string;
let account: Any;

async function control(what: string, order: unknown = {}): Promise<{ books: Any[]; events: Any[]; requests: Any[] }> {
  const { stripe } = JSON.parse(env.CONNECTOR_BASE_URLS ?? "{}") as { stripe: string };
  const response = await fetch(`${stripe}/_simulator/${what}`, { method: "POST", body: JSON.stringify(order) });
  return response.json();
}

async function pay(wish: Record<string, unknown> = {}): Promise<Any> {
  const body = {
    amount: 1000,
    currency: "gbp",
    connector: "stripe-eu",
    paymentMethod: { type: "card", card: CARD },
    ...wish,
  };
  const answer = await send("POST", "/api/payments", { key, body });
  expect(answer.status).toBe(201);
  return answer.json;
}

function withCard(number: string) {
  return { paymentMethod: { type: "card", card: { ...CARD, number } } };
}

async function read(id: string): Promise<Any> {
  return (await send("GET", `/api/payments/${id}`, { key })).json;
}

async function booksOf(payment: Any): Promise<Any[]> {
  const { books, events } = await control("books");
  const intents = new Set(
    events
      .map((event) => event.data.object)
      .filter((object) => object.metadata?.payment === payment.id)
      .map(({ id }) => id),
  );
  return books.filter(({ intent }) => intents.has(intent)).map(({ operation, amount }) => ({ operation, amount }));
}

/** What Stripe has to say about a payment, signed by Stripe's own library. */
async function eventsOf(payment: Any): Promise<Any[]> {
  const { events } = await control("events");
  return events.filter((event) => event.data.object.metadata?.payment === payment.id);
}

async function post(event: Any, { secret = SECRET, to = account.id }: { secret?: string; to?: string } = {}) {
  const payload = JSON.stringify(event);
  const signature = await new Stripe("sk_test_x").webhooks.generateTestHeaderStringAsync({ payload, secret });
  return send("POST", `/webhooks/${to}`, { body: payload, headers: { "stripe-signature": signature } });
}

beforeEach(async () => {
  webhookAccounts.clear();
  send = makeClient();
  const merchant = await makeMerchant(send);
  key = merchant.secret.test;
  const credentials = { apiKey: "sk_test_simulated", webhookSecret: SECRET };
  const answer = await send("POST", "/api/connectors", {
    key,
    body: { connector: "stripe", label: "stripe-eu", credentials },
  });
  expect(answer.status).toBe(201);
  account = answer.json;
});

describe("a payment by Stripe", () => {
  test("is charged once, and refunded", async () => {
    const payment = await pay();
    expect(payment).toMatchObject({ status: "succeeded", connector: "stripe-eu", amountReceived: 1000 });
    const refund = await send("POST", "/api/refunds", { key, body: { paymentId: payment.id, amount: 400 } });
    expect(refund.json).toMatchObject({ status: "succeeded", amount: 400 });
    expect(await read(payment.id)).toMatchObject({ status: "succeeded", amountRefunded: 400 });
    expect(await booksOf(payment)).toEqual([
      { operation: "charge", amount: 1000 },
      { operation: "refund", amount: 400 },
    ]);
  });

  test("is declined with Stripe's reason in our words", async () => {
    const payment = await pay(withCard("4000000000009995"));
    expect(payment).toMatchObject({
      status: "failed",
      lastError: {
        category: "insufficient_funds",
        declineCode: "insufficient_funds",
        connectorCode: "insufficient_funds",
      },
    });
  });

  test("is held, captured in part, and the rest released by Stripe itself", async () => {
    const payment = await pay({ captureMethod: "manual" });
    expect(payment).toMatchObject({ status: "requires_capture", amountCapturable: 1000 });
    const captured = await send("POST", `/api/payments/${payment.id}/capture`, { key, body: { amount: 600 } });
    expect(captured.json).toMatchObject({ status: "partially_captured", amountReceived: 600, amountCapturable: 0 });
    expect(await booksOf(payment)).toEqual([
      { operation: "hold", amount: 1000 },
      { operation: "capture", amount: 600 },
    ]);
  });

  test("is captured several times, and what is left is released", async () => {
    const payment = await pay({ captureMethod: "manual_multiple" });
    for (const amount of [300, 200]) {
      const captured = await send("POST", `/api/payments/${payment.id}/capture`, { key, body: { amount } });
      expect(captured.json).toMatchObject({ status: "partially_captured_and_capturable" });
    }
    const cancelled = await send("POST", `/api/payments/${payment.id}/cancel`, { key, body: {} });
    expect(cancelled.json).toMatchObject({ status: "partially_captured", amountReceived: 500 });
    expect((await booksOf(payment)).map(({ amount }) => amount)).toEqual([1000, 300, 200, 500]);
  });

  test("is held and cancelled", async () => {
    const payment = await pay({ captureMethod: "manual" });
    const cancelled = await send("POST", `/api/payments/${payment.id}/cancel`, { key, body: {} });
    expect(cancelled.json).toMatchObject({ status: "cancelled", amountCapturable: 0 });
    expect(await booksOf(payment)).toEqual([
      { operation: "hold", amount: 1000 },
      { operation: "release", amount: 1000 },
    ]);
  });

  test("of nothing verifies the card", async () => {
    expect(await pay({ amount: 0 })).toMatchObject({ status: "succeeded", amountReceived: 0 });
  });

  test.each([
    [true, "succeeded"],
    [false, "failed"],
  ])("is challenged; the customer passes: %s", async (passes, status) => {
    const payment = await pay({ ...withCard("4000003800000446"), returnUrl: "https://shop.example/done" });
    expect(payment).toMatchObject({ status: "requires_customer_action", nextAction: { type: "redirect" } });
    const intent = new URL(payment.nextAction.url).pathname.split("/").at(-1);
    await control("challenge", { intent, passes });
    // The shopper comes back where Stripe was told to send them.
    const [created] = (await control("requests")).requests
      .filter(({ body }) => body.includes(payment.attempts[0].id))
      .slice(-1);
    const back = new URL(new URLSearchParams(created.body).get("return_url") ?? "");
    const returned = await send("GET", `${back.pathname}?payment_intent=${intent}&redirect_status=succeeded`);
    expect(returned.status).toBe(303);
    expect(await read(payment.id)).toMatchObject({ status });
  });

  test("goes on to the next account where Stripe's limiter refuses it", async () => {
    const accounts = await send("GET", "/api/connectors", { key });
    const sandbox = accounts.json.data.find(({ label }: Any) => label === "sandbox");
    await send("PATCH", `/api/connectors/${sandbox.id}`, { key, body: { enabled: false } });
    await send("POST", "/api/connectors", { key, body: { connector: "sandbox", label: "next" } });
    const payment = await pay({ description: "rate-limit me", connector: undefined });
    expect(payment).toMatchObject({ status: "succeeded", connector: "next" });
    expect(payment.attempts[0]).toMatchObject({ connector: "stripe-eu", error: { connectorCode: "rate_limit" } });
    expect(await booksOf(payment)).toEqual([]);
  });

  test("of an amount that Stripe cannot write is refused before anything is sent", async () => {
    const payment = await pay({ amount: 5124, currency: "kwd" });
    expect(payment).toMatchObject({ status: "failed", lastError: { category: "not_supported" } });
  });
});

describe("Stripe's webhooks", () => {
  test("a passed challenge is heard of before the customer comes back, once, however often it is told", async () => {
    const payment = await pay({ ...withCard("4000003800000446"), returnUrl: "https://shop.example/done" });
    await control("challenge", { intent: new URL(payment.nextAction.url).pathname.split("/").at(-1), passes: true });
    for (const event of (await eventsOf(payment)).toReversed()) {
      for (let n = 0; n < 2; n++) expect((await post(event)).json).toEqual({ received: true });
    }
    const after = await read(payment.id);
    expect(after).toMatchObject({ status: "succeeded", amountReceived: 1000 });
    expect(after.version).toBe(payment.version + 1);
  });

  test("a pending refund ends as Stripe tells", async () => {
    for (const [number, status] of [
      ["4000000000005126", "succeeded"],
      ["4000000000007726", "failed"],
    ] as const) {
      const payment = await pay(withCard(number));
      const refund = await send("POST", "/api/refunds", { key, body: { paymentId: payment.id } });
      expect(refund.json).toMatchObject({ status: "pending" });
      await control("settle-refunds");
      for (const event of await eventsOf(payment)) expect((await post(event)).status).toBe(200);
      const settled = await send("GET", `/api/refunds/${refund.json.id}`, { key });
      expect(settled.json).toMatchObject({ status });
    }
  });

  test("a wrong signature, another account's and a changed body are refused, and nothing changes", async () => {
    const other = await send("POST", "/api/connectors", {
      key,
      body: {
        connector: "stripe",
        label: "stripe-us",
        credentials: { apiKey: "sk_test_other", webhookSecret: "whsec_other" },
      },
    });
    const payment = await pay({ ...withCard("4000003800000446"), returnUrl: "https://shop.example/done" });
    await control("challenge", { intent: new URL(payment.nextAction.url).pathname.split("/").at(-1), passes: true });
    const event = (await eventsOf(payment)).at(-1);
    expect(event.type).toBe("payment_intent.succeeded");
    expect((await post(event, { secret: "whsec_guessed" })).status).toBe(401);
    expect((await post(event, { to: other.json.id })).status).toBe(401);
    // Rightly signed by the owner of another account: it speaks only of its own payments.
    expect((await post(event, { secret: "whsec_other", to: other.json.id })).status).toBe(200);
    expect(await read(payment.id)).toEqual(payment);
    expect((await post(event)).status).toBe(200);
    expect(await read(payment.id)).toMatchObject({ status: "succeeded" });
  });

  test("in any order, and however often, end in the same state and never move it back", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        fc.array(fc.nat(3), { maxLength: 3 }),
        async (order, repeats) => {
          const payment = await pay({ ...withCard("4000000000005126"), captureMethod: "automatic" });
          const refund = (await send("POST", "/api/refunds", { key, body: { paymentId: payment.id } })).json;
          await control("settle-refunds");
          const events = await eventsOf(payment);
          // The charge, the refund as it was made, the refund as it ended; and one of a time that never was.
          const late = { ...events[0], id: `${events[0].id}_late`, type: "payment_intent.requires_action" };
          const all = [
            ...events,
            { ...late, data: { object: { ...late.data.object, status: "requires_action", next_action: null } } },
          ];
          expect(all.map(({ type }) => type)).toEqual([
            "payment_intent.succeeded",
            "refund.created",
            "refund.updated",
            "payment_intent.requires_action",
          ]);
          let wasSettled = false;
          for (const at of [...order, ...repeats]) {
            expect((await post(all[at])).status).toBe(200);
            expect(await read(payment.id)).toMatchObject({ status: "succeeded", amountReceived: 1000 });
            const { status } = (await send("GET", `/api/refunds/${refund.id}`, { key })).json;
            if (wasSettled) expect(status).toBe("succeeded");
            wasSettled ||= status === "succeeded";
          }
          expect(wasSettled).toBe(true);
        },
      ),
      { numRuns: 24 },
    );
  }, 60_000);
});
