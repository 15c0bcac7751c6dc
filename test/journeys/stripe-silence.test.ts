/** Answers of Stripe that never arrive: one effect, found again, whatever was lost. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeClient, makeMerchant, type Send } from "../support/http.ts";

const CARD = { number: "4242424242424242", expiryMonth: "12", expiryYear: "2034", cvc: "123" };

// oxlint-disable-next-line typescript/no-explicit-any -- judged by the assertions
type Any = any;

let send: Send;
let key: string;
const { stripe: base } = JSON.parse(env.CONNECTOR_BASE_URLS ?? "{}") as { stripe: string };

/** Breaks the connection once, for a POST to `path`: before Stripe gets it, or after it has acted. */
function breakOnce(path: RegExp, when: "before" | "after"): void {
  const real = globalThis.fetch;
  let isBroken = false;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const isMeant = !isBroken && request.method === "POST" && path.test(new URL(request.url).pathname);
    if (!isMeant) return real(request);
    isBroken = true;
    if (when === "after") await (await real(request)).text();
    throw new TypeError("Network connection lost.");
  });
}

async function pay(wish: Record<string, unknown> = {}): Promise<Any> {
  const body = {
    amount: 1000,
    currency: "gbp",
    connector: "stripe-eu",
    paymentMethod: { type: "card", card: CARD },
    ...wish,
  };
  return (await send("POST", "/api/payments", { key, body })).json;
}

function sync(id: string): Promise<Any> {
  return send("POST", `/api/payments/${id}/sync`, { key, body: {} }).then(({ json }) => json);
}

async function booksOf(payment: Any): Promise<Any[]> {
  const response = await fetch(`${base}/_simulator/books`, { method: "POST" });
  const { books }: Any = await response.json();
  const own = payment.id.slice(4);
  return books
    .filter((line: Any) => line.key?.includes(own))
    .map(({ operation, amount }: Any) => ({ operation, amount }));
}

beforeEach(async () => {
  send = makeClient();
  key = (await makeMerchant(send)).secret.test;
  const credentials = { apiKey: "sk_test_simulated" };
  await send("POST", "/api/connectors", { key, body: { connector: "stripe", label: "stripe-eu", credentials } });
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(["before", "after"] as const)("a connection that breaks %s Stripe acts", (when) => {
  test.each([/\/payment_intents$/, /\/payment_methods$/])(
    "leaves a sale open, and is resolved by asking (%s)",
    async (path) => {
      breakOnce(path, when);
      const payment = await pay();
      expect(payment).toMatchObject({ status: "processing", amountReceived: 0 });
      expect(await sync(payment.id)).toMatchObject({ status: "succeeded", amountReceived: 1000 });
      expect(await booksOf(payment)).toEqual([{ operation: "charge", amount: 1000 }]);
    },
  );

  test("leaves a capture open, which has one effect in the end", async () => {
    const payment = await pay({ captureMethod: "manual" });
    breakOnce(/\/capture$/, when);
    const captured = await send("POST", `/api/payments/${payment.id}/capture`, { key, body: { amount: 600 } });
    expect(captured.json.status).toBe("processing");
    expect(await sync(payment.id)).toMatchObject({ status: "partially_captured", amountReceived: 600 });
    expect(await booksOf(payment)).toEqual([
      { operation: "hold", amount: 1000 },
      { operation: "capture", amount: 600 },
    ]);
  });

  test("leaves a refund pending, which is made once", async () => {
    const payment = await pay();
    breakOnce(/\/refunds$/, when);
    const refund = await send("POST", "/api/refunds", { key, body: { paymentId: payment.id, amount: 300 } });
    expect(refund.json.status).toBe("pending");
    expect(await sync(payment.id)).toMatchObject({ status: "succeeded", amountRefunded: 300 });
    expect(await booksOf(payment)).toEqual([
      { operation: "charge", amount: 1000 },
      { operation: "refund", amount: 300 },
    ]);
  });

  test("leaves a cancellation open, and what was held is released once", async () => {
    const payment = await pay({ captureMethod: "manual" });
    breakOnce(/\/cancel$/, when);
    const cancelled = await send("POST", `/api/payments/${payment.id}/cancel`, { key, body: {} });
    expect(cancelled.json.status).toBe("processing");
    expect(await sync(payment.id)).toMatchObject({ status: "cancelled" });
    expect(await booksOf(payment)).toEqual([
      { operation: "hold", amount: 1000 },
      { operation: "release", amount: 1000 },
    ]);
  });
});
