import { beforeEach, expect, test } from "vitest";
import { childId, isPaymentId } from "../../src/domain/ids.ts";
import { CARD, SMALL_BODY, UNKNOWN_PAYMENT } from "../support/bodies.ts";
import { makeClient, makeMerchant, type Send, type TestMerchant } from "../support/http.ts";
import { type RecordedCall, recordingShard } from "../support/recording-shard.ts";

let calls: RecordedCall[];
let send: Send;
let merchant: TestMerchant;
let key: string;

beforeEach(async () => {
  const recording = recordingShard();
  calls = recording.calls;
  send = makeClient({ shard: recording.shard });
  merchant = await makeMerchant(send);
  key = merchant.secret.test;
});

const at = (path = "") => `/api/payments/${UNKNOWN_PAYMENT}${path}`;

async function act(method: string, path: string, body?: unknown) {
  const { status, text } = await send(method, path, { key, body });
  expect([status, text]).toEqual([201, expect.stringContaining("pay_recorded")]);
  return calls.at(-1)?.args[1].action;
}

test("each operation says to the shard what was asked, and nothing that was not", async () => {
  expect(await act("POST", at("/capture"), { amount: 400, final: true })).toEqual({
    type: "capture",
    amount: 400,
    final: true,
  });
  expect(await act("POST", at("/capture"))).toEqual({ type: "capture", amount: null, final: null });
  expect(await act("POST", at("/cancel"), { reason: "out of stock" })).toEqual({
    type: "cancel",
    reason: "out of stock",
  });
  expect(await act("POST", at("/cancel"))).toEqual({ type: "cancel", reason: null });
  for (const type of ["sync", "approve", "reject"]) expect(await act("POST", at(`/${type}`))).toEqual({ type });
  expect(await act("PATCH", at(), { metadata: { a: "", b: "c" }, description: "x" })).toEqual({
    type: "update",
    changes: { metadata: { a: "", b: "c" }, description: "x" },
    method: null,
  });
  expect(await act("PATCH", at(), { amount: 5, currency: "EUR" })).toEqual({
    type: "update",
    changes: { amount: 5, currency: "eur" },
    method: null,
  });
  const confirm = await act("POST", at("/confirm"), {
    returnUrl: "https://a.example/",
    paymentMethod: { type: "card", card: CARD },
    customer: { email: "a@example.com", firstName: "A", lastName: "B" },
  });
  expect(confirm).toMatchObject({
    type: "confirm",
    changes: { returnUrl: "https://a.example/", customer: { id: expect.stringMatching(/^cus_/) } },
    method: { card: { number: CARD.number } },
  });
  expect(confirm.changes).not.toHaveProperty("paymentMethod");
  expect(
    await act("POST", "/api/refunds", { paymentId: UNKNOWN_PAYMENT, amount: 1, reason: "r", metadata: { a: "b" } }),
  ).toEqual({ type: "refund", amount: 1, reason: "r", metadata: { a: "b" } });
  expect(await act("POST", "/api/refunds", { paymentId: UNKNOWN_PAYMENT })).toEqual({
    type: "refund",
    amount: null,
    reason: null,
    metadata: {},
  });
});

test("a command carries where the merchant reached us, and its request id", async () => {
  const { headers } = await send("POST", "/api/payments", { key, body: SMALL_BODY });
  const [address, input] = calls.at(-1)?.args ?? [];
  expect(input).toMatchObject({ origin: "http://localhost", requestId: headers.get("request-id"), idempotency: null });
  expect(isPaymentId(input.paymentId)).toBe(true);
  expect(address).toEqual({ merchantId: merchant.id, merchantNumber: expect.any(Number), mode: "test", shard: 0 });
});

test("what an operation does not know is refused", async () => {
  const cases: [string, string, unknown, string][] = [
    ["PATCH", at(), { captureMethod: "manual" }, "captureMethod"],
    ["PATCH", at(), { confirm: true }, "confirm"],
    ["PATCH", at(), { dryRun: true }, "dryRun"],
    ["POST", at("/confirm"), { amount: 1 }, "amount"],
    ["POST", at("/capture"), { amount: 0 }, "amount"],
    ["POST", at("/capture"), { amount: 1.5 }, "amount"],
    ["POST", at("/capture"), { currency: "gbp" }, "currency"],
    ["POST", at("/cancel"), { reason: 1 }, "reason"],
    ["POST", at("/cancel"), { reason: "card 4242 4242 4242 4242" }, "reason"],
    ["POST", at("/sync"), { a: 1 }, "a"],
    ["POST", at("/approve"), { a: 1 }, "a"],
    ["POST", at("/reject"), { a: 1 }, "a"],
    ["POST", "/api/refunds", {}, "paymentId"],
    ["POST", "/api/refunds", { paymentId: UNKNOWN_PAYMENT, amount: -1 }, "amount"],
    ["POST", "/api/refunds", { paymentId: UNKNOWN_PAYMENT, metadata: { a: "4242424242424242" } }, "metadata.a"],
    ["POST", "/api/refunds", { paymentId: UNKNOWN_PAYMENT, currency: "gbp" }, "currency"],
  ];
  for (const [method, path, body, param] of cases) {
    const { status, json } = await send(method, path, { key, body });
    expect([path, status, json.error.param]).toEqual([path, 400, param]);
  }
  expect(calls).toEqual([]);
});

test("a payment is read as it is, at a version, or at a time", async () => {
  for (const [query, asOf] of [
    ["", null],
    ["?asOf=3", { version: 3 }],
    ["?asOf=2025-07-14T12:34:56.789Z", { at: Date.UTC(2025, 6, 14, 12, 34, 56, 789) }],
    ["?asOf=2025-07-14T14:34:56%2B02:00", { at: Date.UTC(2025, 6, 14, 12, 34, 56) }],
  ] as const) {
    await send("GET", at(query), { key });
    expect([calls.at(-1)?.method, calls.at(-1)?.args[1], calls.at(-1)?.args[2]]).toEqual([
      "read",
      UNKNOWN_PAYMENT,
      asOf,
    ]);
  }
  for (const bad of ["0", "-1", "1.5", "yesterday", "2025-13-01T00:00:00Z", ""]) {
    const { status, json } = await send("GET", at(`?asOf=${bad}`), { key });
    expect([bad, status, json.error.param]).toEqual([bad, 400, "asOf"]);
  }
});

test("lists pass their page on; a limit is 1 to 100, 10 by default", async () => {
  const refund = childId("re", UNKNOWN_PAYMENT, 1);
  for (const [path, method] of [
    [at("/events"), "listEvents"],
    [at("/operations"), "listOperations"],
    [at("/ledger"), "readLedger"],
    [`/api/refunds?paymentId=${UNKNOWN_PAYMENT}`, "listRefunds"],
  ] as const) {
    const glue = path.includes("?") ? "&" : "?";
    await send("GET", path, { key });
    expect([calls.at(-1)?.method, ...(calls.at(-1)?.args.slice(1) ?? [])]).toEqual([
      method,
      UNKNOWN_PAYMENT,
      { limit: 10, cursor: null },
    ]);
    await send("GET", `${path}${glue}limit=100&cursor=abc`, { key });
    expect(calls.at(-1)?.args[2]).toEqual({ limit: 100, cursor: "abc" });
    for (const limit of ["0", "101", "-1", "1.0", "x", "", "1e1"]) {
      const { status, json } = await send("GET", `${path}${glue}limit=${limit}`, { key });
      expect([limit, status, json.error.param]).toEqual([limit, 400, "limit"]);
    }
  }
  await send("GET", `/api/refunds/${refund}`, { key });
  expect([calls.at(-1)?.method, calls.at(-1)?.args[1]]).toEqual(["readRefund", refund]);
  expect((await send("GET", "/api/refunds", { key })).json.error).toMatchObject({
    code: "parameter_missing",
    param: "paymentId",
  });
});
