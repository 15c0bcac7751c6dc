import { beforeEach, expect, test } from "vitest";
import { makeClient, makeMerchant, type Send } from "../support/http.ts";

let send: Send;
let key: string;
let id: string;

beforeEach(async () => {
  send = makeClient();
  key = (await makeMerchant(send)).secret.test;
  const body = { amount: 1000, currency: "gbp", confirm: false, metadata: { empty: "", order: "7" } };
  id = (await send("POST", "/api/payments", { key, body })).json.id;
});

const patch = (body: unknown, headers: Record<string, string> = {}) =>
  send("PATCH", `/api/payments/${id}`, { key, body, headers });

test("one update after another is made, each for itself", async () => {
  expect((await patch({ metadata: { a: "1" } })).json.metadata).toEqual({ empty: "", order: "7", a: "1" });
  expect((await patch({ metadata: { b: "2", order: "" } })).json.metadata).toEqual({ empty: "", a: "1", b: "2" });
  expect((await patch({ amount: 500 })).json).toMatchObject({ amount: 500, metadata: { a: "1", b: "2" } });
  const again = await patch({ metadata: { a: "1" } });
  expect(again.headers.get("idempotent-replayed")).toBeNull();
  expect(again.json.metadata).toEqual({ empty: "", a: "1", b: "2" });
});

test("an Idempotency-Key on an update is no claim: what it says is the same however often it is said", async () => {
  const headers = { "idempotency-key": "k" };
  expect((await patch({ description: "shoes" }, headers)).status).toBe(200);
  expect((await patch({ description: "boots" }, headers)).json.description).toBe("boots");
});

test("an update that the status forbids says so, each time", async () => {
  await send("POST", `/api/payments/${id}/cancel`, { key, body: {} });
  for (const amount of [1, 2]) {
    const refused = await patch({ amount });
    expect(refused.status).toBe(409);
    expect(refused.json.error).toMatchObject({ code: "payment_state_invalid", status: "cancelled" });
  }
});

test.each(["events", "operations", "ledger"])("a cursor that is none of ours is refused by %s", async (list) => {
  const answer = await send("GET", `/api/payments/${id}/${list}?cursor=nonsense`, { key });
  expect(answer.status).toBe(400);
  expect(answer.json.error).toMatchObject({ code: "parameter_invalid", param: "cursor" });
});

test("another merchant's payment is unknown to the sandbox's ledger", async () => {
  const other = (await makeMerchant(send)).secret.test;
  expect((await send("GET", `/api/sandbox/ledger?paymentId=${id}`, { key: other })).status).toBe(404);
  expect((await send("GET", `/api/sandbox/ledger?paymentId=${id}`, { key })).json).toMatchObject({ data: [] });
});

test("a rate may be written as a fraction, an amount only in digits", async () => {
  const label = "b";
  const made = await send("POST", "/api/connectors", {
    key,
    body: `{"connector":"sandbox","label":"${label}","credentials":{},"settings":{"declineRate":1.0,"errorRate":0.0}}`,
  });
  expect(made.status).toBe(201);
  expect(made.json.settings).toMatchObject({ declineRate: 1, errorRate: 0 });
  const seed = await send("PATCH", `/api/connectors/${made.json.id}`, { key, body: '{"settings":{"seed":1.0}}' });
  expect(seed.status).toBe(400);
  for (const amount of ["1000.0", "1e3", "9007199254740993"]) {
    const refused = await send("POST", "/api/payments", { key, body: `{"amount":${amount},"currency":"gbp"}` });
    expect(refused.json.error).toMatchObject({ code: "parameter_invalid", param: "amount" });
  }
  const kept = await send("POST", "/api/payments", {
    key,
    body: '{"amount":1,"currency":"gbp","connectionInformation":{"customerIp":"1.1.1.1","lat":51.50}}',
  });
  expect(kept.status).toBe(201);
});

test("routing conditions may nest eight deep, and unknown members are named as such", async () => {
  let when: unknown = { field: "currency", op: "eq", value: "usd" };
  for (let depth = 1; depth < 8; depth++) when = { all: [when] };
  const config = {
    rules: [{ name: "deep", when, use: { priority: ["sandbox"] } }],
    default: { priority: ["sandbox"] },
  };
  expect((await send("PUT", "/api/routing", { key, body: config })).status).toBe(200);
  const unknown = await send("PUT", "/api/routing", { key, body: { ...config, foo: 1 } });
  expect(unknown.json.error).toMatchObject({ code: "parameter_unknown", param: "foo" });
});

test("a three-digit code is taken for every brand", async () => {
  const card = { number: "378282246310005", expiryMonth: "12", expiryYear: "2030", cvc: "123" };
  const body = { amount: 1, currency: "gbp", paymentMethod: { type: "card", card } };
  expect((await send("POST", "/api/payments", { key, body })).json.status).toBe("succeeded");
});
