import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CARD, FULL_BODY, UNKNOWN_PAYMENT } from "../support/bodies.ts";
import { makeClient, makeMerchant, type Send, type TestMerchant } from "../support/http.ts";
import { recordingShard } from "../support/recording-shard.ts";

let send: Send;
let merchant: TestMerchant;
const lines: string[] = [];

beforeEach(async () => {
  send = makeClient({ shard: recordingShard().shard });
  merchant = await makeMerchant(send);
  lines.length = 0;
  for (const method of ["log", "error", "warn", "info", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => void lines.push(parts.map(String).join(" ")));
  }
});

afterEach(() => {
  vi.restoreAllMocks();
});

test("one structured line a request: who, what, how it ended, and how long each stage took", async () => {
  const { headers } = await send("POST", `/api/payments/${UNKNOWN_PAYMENT}/capture?x=y`, { key: merchant.secret.test });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      event: "request",
      requestId: headers.get("request-id"),
      merchant: merchant.id,
      mode: "test",
      method: "POST",
      route: "/api/payments/:id/capture",
      status: 201,
      ms: { auth: expect.any(Number), shard: expect.any(Number), total: expect.any(Number) },
    },
  ]);
});

test("a refused request has its line too, without what was asked for", async () => {
  await send("GET", "/secret/4242424242424242?card=4242424242424242", { key: "sk_test_wrong" });
  await send("GET", `/api/payments/${UNKNOWN_PAYMENT}`, { key: "sk_test_wrong" });
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({ merchant: null, route: null, status: 404 }),
    expect.objectContaining({ merchant: null, route: "/api/payments/:id", status: 401 }),
  ]);
});

test("no card, CVC or key ever reaches a log line or an error body, wherever it was put", async () => {
  const canary = { ...CARD, number: "4111111111111111", cvc: "9173" };
  const secretKey = merchant.secret.test;
  const spots: unknown[] = [
    { ...FULL_BODY, paymentMethod: { type: "card", card: { ...canary, cvc: "917" } } },
    { ...FULL_BODY, paymentMethod: { type: "card", card: { ...canary, number: "4111111111111112" } } },
    { ...FULL_BODY, paymentMethod: { type: "card", card: { ...canary, "4111111111111111": 1 } } },
    { ...FULL_BODY, paymentMethod: { type: "4111111111111111", card: canary } },
    { ...FULL_BODY, currency: "4111111111111111" },
    { ...FULL_BODY, amount: "4111111111111111" },
    { ...FULL_BODY, "4111111111111111": 1 },
    { ...FULL_BODY, metadata: { "4111 1111 1111 1111": "4111-1111-1111-1111" } },
    { ...FULL_BODY, customer: { ...FULL_BODY.customer, id: "4111111111111111" } },
    '{"4111111111111111":1,"4111111111111111":2}',
    '{"number":4111111111111111',
  ];
  const failing = makeClient({
    shard: recordingShard(({ args }) => {
      throw new Error(`bug with ${JSON.stringify(args)}`);
    }).shard,
  });
  const texts: string[] = [];
  for (const body of spots) {
    for (const client of [send, failing]) {
      texts.push(
        (
          await client("POST", "/api/payments", {
            key: secretKey,
            body,
            headers: { "idempotency-key": "4111111111111111" },
          })
        ).text,
      );
    }
  }
  const written = [...lines, ...texts].join("\n");
  expect(lines.some((line) => line.includes('"event":"fault"'))).toBe(true);
  expect(written).not.toMatch(/4111[ -]?1111[ -]?1111[ -]?111/);
  expect(written).not.toContain("9173");
  expect(written).not.toContain(secretKey);
});

test("a fault of D1 is logged by its cause, never by the query's parameters", async () => {
  const broken = makeClient({
    env: {
      DB: new Proxy(env.DB, {
        get: (target, name) =>
          name === "batch"
            ? () => Promise.reject(new Error("D1_ERROR: overloaded"))
            : Reflect.get(target, name).bind(target),
      }),
    },
  });
  const { status, json } = await broken("POST", "/api/keys", {
    key: merchant.secret.test,
    body: { type: "secret", mode: "test", name: "quiet name" },
    headers: { "idempotency-key": "k" },
  });
  expect([status, json.error.code]).toEqual([503, "unavailable"]);
  const fault = lines.find((line) => line.includes('"event":"fault"'));
  expect(fault).toContain("overloaded");
  expect(lines.join("\n")).not.toContain("quiet name");
});
