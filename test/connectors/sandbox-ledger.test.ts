import { beforeEach, describe, expect, test } from "vitest";
import { makeClient, makeMerchant, type TestMerchant } from "../support/http.ts";
import { followingCall, freshPaymentId, openingCall, sandboxAccount } from "./calls.ts";
import { perform } from "./sandbox-talk.ts";

const send = makeClient();
let merchant: TestMerchant;

beforeEach(async () => {
  merchant = await makeMerchant(send);
});

function ledger(paymentId: string, key = merchant.secret.test, more = "") {
  return send("GET", `/api/sandbox/ledger?paymentId=${paymentId}${more}`, { key });
}

describe("GET /api/sandbox/ledger", () => {
  test("lists what was executed, newest first, with key, account and time", async () => {
    const account = sandboxAccount({ merchantId: merchant.id });
    const opening = openingCall("authorize", "4242424242424242");
    await perform(opening, account);
    const capture = followingCall(opening, "capture", { attemptReference: null, amount: 400 });
    await perform(capture, account);
    const { status, json } = await ledger(opening.paymentId);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      data: [
        { operation: "capture", amount: 400, idempotencyKey: capture.key, account: account.id },
        { operation: "authorize", amount: 1000, idempotencyKey: opening.key, account: account.id },
      ],
      hasMore: false,
      nextCursor: null,
    });
    expect(json.data[0].created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const first = await ledger(opening.paymentId, merchant.secret.test, "&limit=1");
    expect(first.json.hasMore).toBe(true);
    const second = await ledger(opening.paymentId, merchant.secret.test, `&limit=1&cursor=${first.json.nextCursor}`);
    expect([...first.json.data, ...second.json.data]).toEqual(json.data);
  });

  test("is empty for a payment that it never saw, and for another merchant's", async () => {
    const opening = openingCall("charge", "4242424242424242");
    await perform(opening, sandboxAccount({ merchantId: merchant.id }));
    const other = await makeMerchant(send);
    const empty = { data: [], hasMore: false, nextCursor: null };
    expect((await ledger(freshPaymentId())).json).toEqual(empty);
    expect((await ledger(opening.paymentId, other.secret.test)).json).toEqual(empty);
  });

  test("answers 404 to a malformed payment id and in live mode", async () => {
    expect((await ledger("pay_x")).status).toBe(404);
    expect((await ledger(freshPaymentId(), merchant.secret.live)).status).toBe(404);
  });

  test("answers 400 without a payment id and to a cursor that is not its own", async () => {
    const missing = await send("GET", "/api/sandbox/ledger", { key: merchant.secret.test });
    expect([missing.status, missing.json.error.code]).toEqual([400, "parameter_missing"]);
    const wrong = await ledger(freshPaymentId(), merchant.secret.test, "&cursor=nonsense");
    expect([wrong.status, wrong.json.error.code, wrong.json.error.param]).toEqual([400, "parameter_invalid", "cursor"]);
  });

  test("answers 401 without a key and 403 to a publishable one", async () => {
    expect((await send("GET", `/api/sandbox/ledger?paymentId=${freshPaymentId()}`)).status).toBe(401);
    expect((await ledger(freshPaymentId(), merchant.publishable.test)).status).toBe(403);
  });
});
