/** Payments through the HTTP API at processors that answer later: by webhook, by a page, or when they are asked. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { CallContext } from "../../src/connectors/connector.ts";
import { webhookAccounts } from "../../src/http/webhook-account.ts";
import {
  adyenAccount,
  CHECKOUT_WEBHOOK_SECRET,
  checkoutAccount,
  mollieAccount,
  paypalAccount,
} from "../connectors/accounts.ts";
import { ADYEN_CARDS, AdyenSimulator } from "../support/processors/adyen.ts";
import { CheckoutSimulator, signEvent as signCheckout } from "../support/processors/checkout.ts";
import { makeClient, makeMerchant, type Send } from "../support/http.ts";
import { MollieSimulator } from "../support/processors/mollie.ts";
import { PayPalSimulator, signEvent as signPayPal } from "../support/processors/paypal.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- judged by the assertions
type Any = any;

const CARD = { number: "4111111111111111", expiryMonth: "12", expiryYear: "2034", cvc: "123" };

let send: Send;
let key: string;
let account: Any;

/** The processor's host is the simulator's; the road there is the real one. */
function answerAt(host: string, simulator: { send: CallContext["send"] }): void {
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (url.host !== host) return real(request);
    const body = request.method === "POST" ? { body: await request.text() } : {};
    const headers = Object.fromEntries(request.headers);
    const method = request.method as "GET" | "POST" | "DELETE";
    const answer = await simulator.send({ method, path: url.pathname + url.search, headers, ...body });
    if (answer.kind === "no_answer") throw new TypeError(answer.reason);
    const hasBody = answer.body !== "" && answer.status !== 204;
    return new Response(hasBody ? answer.body : null, { status: answer.status, headers: answer.headers });
  });
}

async function open(connector: string, credentials: Record<string, string>): Promise<void> {
  const answer = await send("POST", "/api/connectors", { key, body: { connector, label: "there", credentials } });
  expect(answer.status).toBe(201);
  account = answer.json;
}

async function pay(wish: Record<string, unknown> = {}): Promise<Any> {
  const paymentMethod = { type: "card", card: CARD };
  const body = {
    amount: 1000,
    currency: "gbp",
    connector: "there",
    paymentMethod,
    returnUrl: "https://shop.example/done",
    ...wish,
  };
  const answer = await send("POST", "/api/payments", { key, body });
  expect(answer.status).toBe(201);
  return answer.json;
}

const act = async (path: string, body: object = {}): Promise<Any> => (await send("POST", path, { key, body })).json;
const read = async (id: string): Promise<Any> => (await send("GET", `/api/payments/${id}`, { key })).json;

function post(raw: Uint8Array | string, headers: Headers = new Headers()) {
  const body = typeof raw === "string" ? raw : new TextDecoder().decode(raw);
  return send("POST", `/webhooks/${account.id}`, { body, headers: Object.fromEntries(headers) });
}

/** Where the processor was told to send the shopper back to, with what it adds. */
function comeBack(address: string, added = "") {
  const { pathname, search } = new URL(address);
  return send("GET", `${pathname}${search}${search === "" ? "?" : "&"}${added}`);
}

beforeEach(async () => {
  webhookAccounts.clear();
  send = makeClient();
  key = (await makeMerchant(send)).secret.test;
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("Adyen", () => {
  let processor: AdyenSimulator;

  beforeEach(async () => {
    processor = new AdyenSimulator();
    answerAt("checkout-test.adyen.com", processor);
    await open("adyen", adyenAccount().credentials);
  });

  const keyOf = (operation: string) => processor.moves.findLast((move) => move.operation === operation)?.key ?? "";

  test("says by webhook what became of a capture and a refund, once, however often it says so", async () => {
    const payment = await pay({ captureMethod: "manual" });
    expect(payment).toMatchObject({ status: "requires_capture", connector: "there", amountCapturable: 1000 });
    expect(await act(`/api/payments/${payment.id}/capture`, { amount: 600 })).toMatchObject({
      status: "processing",
      amountReceived: 0,
    });
    const captured = await processor.notification({ key: keyOf("capture") });
    for (let times = 0; times < 3; times++) expect((await post(captured)).status).toBe(200);
    expect(await read(payment.id)).toMatchObject({ status: "partially_captured", amountReceived: 600 });
    const refund = await act("/api/refunds", { paymentId: payment.id, amount: 100 });
    expect(refund).toMatchObject({ status: "pending", amount: 100 });
    expect((await post(await processor.notification({ key: keyOf("refund") }))).status).toBe(200);
    expect(await read(payment.id)).toMatchObject({ status: "partially_captured", amountRefunded: 100 });
    expect(processor.moves.map(({ operation, amount }) => [operation, amount])).toEqual([
      ["authorize", 1000],
      ["capture", 600],
      ["refund", 100],
    ]);
  });

  test("says by webhook that a void was refused, and the hold stays", async () => {
    const payment = await pay({ captureMethod: "manual" });
    expect((await act(`/api/payments/${payment.id}/cancel`)).status).toBe("processing");
    const refused = await processor.notification({ key: keyOf("cancel") }, { success: "false", reason: "Too late" });
    expect((await post(refused)).status).toBe(200);
    expect(await read(payment.id)).toMatchObject({ status: "requires_capture", lastError: { code: "void_refused" } });
  });

  test("is not believed without its signature", async () => {
    const payment = await pay({ captureMethod: "manual" });
    await act(`/api/payments/${payment.id}/capture`);
    const forged = new TextDecoder()
      .decode(await processor.notification({ key: keyOf("capture") }))
      .replace('"success":"true"', '"success":"false"');
    expect((await post(forged)).status).toBe(401);
    expect(await read(payment.id)).toMatchObject({ status: "processing" });
  });

  test("sends the shopper to a page, as often as it takes, and believes what the page gave them", async () => {
    const payment = await pay({ paymentMethod: { type: "card", card: { ...CARD, number: ADYEN_CARDS.challenged } } });
    expect(payment).toMatchObject({ status: "requires_customer_action", nextAction: { type: "redirect" } });
    const asked = processor.requests.at(-1)?.body as { returnUrl: string };
    const reference = new URL(payment.nextAction.url).searchParams.get("MD") ?? "";
    // Back too early, and with something made up: the page stays open.
    for (const added of ["", "redirectResult=nonsense"]) {
      const early = await comeBack(asked.returnUrl, added);
      expect(early.headers.get("location")).toContain("status=requires_customer_action");
      expect(await read(payment.id)).toMatchObject({ nextAction: payment.nextAction });
    }
    const back = await comeBack(asked.returnUrl, `redirectResult=${reference}-approve`);
    expect(back.status).toBe(303);
    expect(back.headers.get("location")).toContain("status=succeeded");
    expect(await read(payment.id)).toMatchObject({ status: "succeeded", amountReceived: 1000 });
  });
});

describe("Checkout.com", () => {
  test("captures a sale after a moment: found by asking, or told by an event that is asked about", async () => {
    const processor = new CheckoutSimulator({ isSlow: true });
    answerAt("api.sandbox.checkout.com", processor);
    await open("checkout", checkoutAccount().credentials);
    const payments = [await pay(), await pay()];
    for (const payment of payments) expect(payment).toMatchObject({ status: "processing", amountReceived: 0 });
    processor.catchUp();
    const [asked, told] = payments;
    expect(await act(`/api/payments/${asked.id}/sync`)).toMatchObject({ status: "succeeded", amountReceived: 1000 });
    const reference = processor.moves.findLast(({ key: own }) => own.includes(told.id.slice(4)))?.key;
    const event = JSON.stringify({
      id: "evt_1",
      type: "payment_captured",
      data: { id: "x", action_id: "act_1", reference },
    });
    expect((await post(event, await signCheckout(event, CHECKOUT_WEBHOOK_SECRET))).status).toBe(200);
    expect(await read(told.id)).toMatchObject({ status: "succeeded", amountReceived: 1000 });
    expect(processor.moves).toHaveLength(2);
  });
});

describe("PayPal", () => {
  test("is approved on its page, charged when the payer is back, and confirms its own events", async () => {
    const processor = new PayPalSimulator();
    answerAt("api-m.sandbox.paypal.com", processor);
    await open("paypal", paypalAccount().credentials);
    const payment = await pay({ paymentMethod: { type: "wallet", provider: "paypal" } });
    expect(payment).toMatchObject({ status: "requires_customer_action", nextAction: { type: "redirect" } });
    const orderId = new URL(payment.nextAction.url).searchParams.get("token") ?? "";
    const order = processor.requests.findLast(({ path }) => path === "/v2/checkout/orders");
    const returnUrl = JSON.parse(order?.body ?? "").payment_source.paypal.experience_context.return_url as string;
    processor.approve(orderId);
    expect(processor.moves).toEqual([]);
    expect((await comeBack(returnUrl, `token=${orderId}`)).headers.get("location")).toContain("status=succeeded");
    expect(processor.moves).toMatchObject([{ operation: "charge", value: "10.00" }]);
    const { key: attempt } = processor.moves[0] ?? { key: "" };
    const money = { currency_code: "GBP", value: "10.00" };
    const resource = { id: "C9", status: "COMPLETED", amount: money, custom_id: attempt };
    const event = JSON.stringify({ id: "WH-1", event_type: "PAYMENT.CAPTURE.COMPLETED", resource });
    expect((await post(event, await signPayPal(event))).status).toBe(200);
    expect((await post(event.replace("10.00", "99.00"), await signPayPal(event))).status).toBe(401);
    expect(await read(payment.id)).toMatchObject({ status: "succeeded", amountReceived: 1000 });
  });
});

describe("Mollie", () => {
  test("names nothing but an id: the payment, its refund and a stranger's notice are settled by asking", async () => {
    const processor = new MollieSimulator();
    answerAt("api.mollie.com", processor);
    await open("mollie", mollieAccount().credentials);
    const payment = await pay({ paymentMethod: { type: "bank_redirect", provider: "ideal" } });
    expect(payment).toMatchObject({ status: "requires_customer_action" });
    const id = `tr_${new URL(payment.nextAction.url).pathname.split("/").at(-1)}`;
    expect((await post(`id=${id}`)).status).toBe(200);
    expect(await read(payment.id)).toMatchObject({ status: "requires_customer_action" });
    processor.decide(id, "paid");
    expect((await post(`id=${id}`)).status).toBe(200);
    expect(await read(payment.id)).toMatchObject({ status: "succeeded", amountReceived: 1000 });
    expect(await act("/api/refunds", { paymentId: payment.id, amount: 250 })).toMatchObject({ status: "pending" });
    processor.settleRefunds(id, "refunded");
    expect((await post(`id=${id}`)).status).toBe(200);
    expect(await read(payment.id)).toMatchObject({ amountRefunded: 250 });
    expect((await post("id=tr_Stranger99")).status).toBe(401);
    expect(processor.moves.map(({ operation, value }) => [operation, value])).toEqual([
      ["charge", "10.00"],
      ["refund", "2.50"],
    ]);
  });
});
