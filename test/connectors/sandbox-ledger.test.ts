import { beforeEach, describe, expect, test } from "vitest";
import { makeClient, makeMerchant, type TestMerchant } from "../support/http.ts";
import { freshPaymentId } from "./calls.ts";

const send = makeClient();
let merchant: TestMerchant;

beforeEach(async () => {
  merchant = await makeMerchant(send);
});

async function pay(wish: Record<string, unknown>): Promise<{ id: string; attempts: { id: string }[] }> {
  const body = { amount: 1000, currency: "gbp", paymentMethod: {}, ...wish };
  return (await send("POST", "/api/payments", { key: merchant.secret.test, body })).json;
}

function ledger(paymentId: string, key = merchant.secret.test, more = "") {
  return send("GET", `/api/sandbox/ledger?paymentId=${paymentId}${more}`, { key });
}

describe("GET /api/sandbox/ledger", () => {
  test("lists what was executed, newest first, with key, account and time", async () => {
    const payment = await pay({ captureMethod: "manual" });
    await send("POST", `/api/payments/${payment.id}/capture`, { key: merchant.secret.test, body: { amount: 1000 } });
    const { status, json } = await ledger(payment.id);
    expect(status).toBe(200);
    const [attempt] = payment.attempts;
    expect(json).toMatchObject({
      data: [
        {
          operation: "capture",
          amount: 1000,
          idempotencyKey: `${attempt?.id}-c1`,
          account: expect.stringMatching(/^ca_/),
        },
        { operation: "authorize", amount: 1000, idempotencyKey: attempt?.id, account: expect.stringMatching(/^ca_/) },
      ],
      hasMore: false,
      nextCursor: null,
    });
    expect(json.data[0].created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const first = await ledger(payment.id, merchant.secret.test, "&limit=1");
    expect(first.json.hasMore).toBe(true);
    const second = await ledger(payment.id, merchant.secret.test, `&limit=1&cursor=${first.json.nextCursor}`);
    expect([...first.json.data, ...second.json.data]).toEqual(json.data);
  });

  test("is empty for a payment that it never saw, and knows nothing of another merchant's", async () => {
    const stored = await pay({ confirm: false });
    expect((await ledger(stored.id)).json).toEqual({ data: [], hasMore: false, nextCursor: null });
    const other = await makeMerchant(send);
    expect((await ledger(stored.id, other.secret.test)).status).toBe(404);
    expect((await ledger(freshPaymentId())).status).toBe(404);
  });

  test("answers 404 to a malformed payment id and in live mode", async () => {
    expect((await ledger("pay_x")).status).toBe(404);
    expect((await ledger(freshPaymentId(), merchant.secret.live)).status).toBe(404);
  });

  test("answers 400 without a payment id and to a cursor that is not its own", async () => {
    const missing = await send("GET", "/api/sandbox/ledger", { key: merchant.secret.test });
    expect([missing.status, missing.json.error.code]).toEqual([400, "parameter_missing"]);
    const { id } = await pay({});
    const wrong = await ledger(id, merchant.secret.test, "&cursor=nonsense");
    expect([wrong.status, wrong.json.error.code, wrong.json.error.param]).toEqual([400, "parameter_invalid", "cursor"]);
  });

  test("answers 401 without a key and 403 to a publishable one", async () => {
    expect((await send("GET", `/api/sandbox/ledger?paymentId=${freshPaymentId()}`)).status).toBe(401);
    expect((await ledger(freshPaymentId(), merchant.publishable.test)).status).toBe(403);
  });
});
