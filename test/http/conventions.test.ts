/** The rules that hold on every route: paths, bodies, errors, headers. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { createApp } from "../../src/http/app.ts";
import { ERRORS } from "../../src/http/error-catalogue.ts";
import type { Rejection, RejectionCode } from "../../src/domain/rejection.ts";
import { SMALL_BODY, UNKNOWN_PAYMENT } from "../support/bodies.ts";
import { makeClient, makeMerchant, type Send, type TestMerchant } from "../support/http.ts";
import { accepted, type RecordedCall, recordingShard } from "../support/recording-shard.ts";

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

describe("routes", () => {
  test("an unknown route answers 404 with or without a key", async () => {
    for (const path of ["/", "/api", "/api/nothing", "/api/payments/x/y/z", "/admin", "/api/payments/"]) {
      for (const credential of [key, null]) {
        const { status, json } = await send("GET", path, { key: credential });
        expect([path, status, json.error.code, json.error.type]).toEqual([path, 404, "not_found", "not_found"]);
      }
    }
  });

  test("a known route with the wrong method answers 405 with the methods that it has", async () => {
    for (const [method, path, allow] of [
      ["DELETE", "/api/payments", "GET, HEAD, POST"],
      ["PUT", `/api/payments/${UNKNOWN_PAYMENT}`, "GET, HEAD, PATCH"],
      ["GET", `/api/payments/${UNKNOWN_PAYMENT}/capture`, "POST"],
      ["POST", "/health", "GET, HEAD"],
      ["OPTIONS", "/api/refunds", "GET, HEAD, POST"],
      ["PATCH", `/api/keys/${merchant.keys[0]?.id}`, "DELETE"],
    ] as const) {
      const { status, headers, json } = await send(method, path);
      expect([path, status, headers.get("allow"), json.error.code]).toEqual([path, 405, allow, "method_not_allowed"]);
    }
  });

  test("HEAD answers as GET does, without a body", async () => {
    const { status, text } = await send("HEAD", "/health");
    expect([status, text]).toEqual([200, ""]);
  });

  test("a malformed id answers 404, as an unknown one, and wakes nothing", async () => {
    const ids = [
      "pay_x",
      "PAY_00ZZZZZZZZZZZZZZZZZZZZZZZZ",
      `${UNKNOWN_PAYMENT}0`,
      "pay_zzzzzzzzzzzzzzzzzzzzzzzzzz",
      "re_1",
      "%00",
      "..%2f",
      "att_1",
    ];
    for (const id of ids) {
      for (const [method, path] of [
        ["GET", ""],
        ["PATCH", ""],
        ["POST", "/capture"],
        ["POST", "/cancel"],
        ["GET", "/events"],
      ] as const) {
        const { status, json } = await send(method, `/api/payments/${id}${path}`, {
          key,
          ...(method !== "GET" && { body: {} }),
        });
        expect([id, status, json.error.code]).toEqual([id, 404, "not_found"]);
      }
    }
    expect((await send("GET", "/api/refunds/re_nothing", { key })).status).toBe(404);
    expect((await send("POST", "/api/refunds", { key, body: { paymentId: "pay_nothing" } })).status).toBe(404);
    expect((await send("DELETE", "/api/keys/key_nothing", { key })).status).toBe(404);
    expect((await send("GET", "/api/connectors/ca_nothing", { key })).status).toBe(404);
    expect(calls).toEqual([]);
  });
});

describe("bodies", () => {
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    send("POST", "/api/payments", { key, body, headers });
  const refusal = async (body: unknown, headers?: Record<string, string>) => {
    const { status, json } = await post(body, headers);
    return [status, json.error.code, json.error.param];
  };

  test("a content-type other than JSON on a body answers 415", async () => {
    const text = JSON.stringify(SMALL_BODY);
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/jsonp",
      "application/json; charset=latin1",
      "",
    ]) {
      expect([type, ...(await refusal(text, { "content-type": type }))]).toEqual([
        type,
        415,
        "content_type_unsupported",
        undefined,
      ]);
    }
    for (const type of [
      "application/json",
      "Application/JSON",
      "application/json; charset=UTF-8",
      'application/json;charset="utf-8"',
      "application/vnd.shop+json",
    ]) {
      expect([type, (await post(text, { "content-type": type })).status]).toEqual([type, 201]);
    }
  });

  test("a body of 256 KiB is taken, a larger one answers 413", async () => {
    const fill = (bytes: number) => JSON.stringify(SMALL_BODY).padEnd(bytes, " ");
    expect((await post(fill(256 * 1024))).status).toBe(201);
    expect(await refusal(fill(256 * 1024 + 1))).toEqual([413, "body_too_large", undefined]);
  });

  test("a body without a length is counted while it streams", async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
      },
    });
    expect(await refusal(endless)).toEqual([413, "body_too_large", undefined]);
    expect(pulled).toBeLessThan(10);
  });

  test("a declared length above the limit is refused before a byte is read", async () => {
    expect(await refusal("{}", { "content-length": "262145" })).toEqual([413, "body_too_large", undefined]);
  });

  test("what is no JSON in UTF-8 answers json_invalid, with the path where there is one", async () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const cases: [unknown, string | undefined][] = [
      ["{", undefined],
      ["{} x", undefined],
      ['{"amount":1000,"amount":1,"currency":"gbp"}', "amount"],
      ['{"customer":{"a":1,"a":2}}', "customer.a"],
      ['{"__proto__":{"amount":1}}', "__proto__"],
      ["[".repeat(17) + "]".repeat(17), "[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]"],
      [bytes("\ufeff{}"), undefined],
      [new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), undefined],
      [new Uint8Array([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d]), undefined],
    ];
    for (const [body, param] of cases) expect(await refusal(body)).toEqual([400, "json_invalid", param]);
  });

  test("numbers and texts that cannot be kept exactly are answered together with the schema's problems", async () => {
    const { json } = await post(
      '{"amount":1e3,"description":"\\ud800","metadata":{"a":"\\u0000"},"cartItems":[{"price":1.0}],"x":1}',
    );
    expect(json.error.issues.map(({ path }: { path: string }) => path)).toEqual([
      "amount",
      "description",
      "metadata.a",
      "cartItems[0].price",
      "currency",
      "cartItems[0].name",
      "cartItems[0].quantity",
      "cartItems[0].type",
      "x",
    ]);
  });

  test("a body that is no object is refused", async () => {
    for (const body of ["[]", "null", '"x"', "1"]) expect((await post(body)).status).toBe(400);
  });

  test("no body counts as {} where every member is optional", async () => {
    for (const operation of ["confirm", "capture", "cancel", "sync", "approve", "reject"]) {
      for (const headers of [{}, { "content-type": "application/json" }]) {
        const { status } = await send("POST", `/api/payments/${UNKNOWN_PAYMENT}/${operation}`, { key, headers });
        expect([operation, status]).toEqual([operation, 201]);
      }
    }
    expect((await send("POST", "/api/payments", { key })).json.error).toMatchObject({
      code: "parameter_missing",
      param: "amount",
    });
  });

  test("answers are UTF-8 JSON", async () => {
    expect((await post(SMALL_BODY)).headers.get("content-type")).toMatch(/^application\/json/);
  });
});

describe("errors", () => {
  /** A request that ends in the error, or the rejection that the shard answers. */
  const causes: Record<RejectionCode, (() => Promise<unknown>) | Rejection> = {
    parameter_missing: () => send("POST", "/api/payments", { key, body: { currency: "gbp" } }),
    parameter_invalid: () => send("POST", "/api/payments", { key, body: { amount: -1, currency: "gbp" } }),
    parameter_unknown: () => send("POST", "/api/payments", { key, body: { ...SMALL_BODY, more: 1 } }),
    json_invalid: () => send("POST", "/api/payments", { key, body: "{" }),
    amount_too_large: { code: "amount_too_large", message: "Above what is left.", param: "amount" },
    no_eligible_connector: { code: "no_eligible_connector", message: "Nobody takes this." },
    unauthorized: () => send("GET", `/api/payments/${UNKNOWN_PAYMENT}`),
    scope_missing: () => send("GET", `/api/payments/${UNKNOWN_PAYMENT}/events`, { key: merchant.publishable.test }),
    raw_card_disabled: () =>
      send("POST", "/api/payments", {
        key: merchant.secret.live,
        body: {
          ...SMALL_BODY,
          paymentMethod: { type: "card", card: { number: "4242424242424242", expiryMonth: 1, expiryYear: 2050 } },
        },
      }),
    not_found: { code: "not_found", message: "There is no such payment." },
    method_not_allowed: () => send("PUT", "/api/payments"),
    body_too_large: () => send("POST", "/api/payments", { key, body: " ".repeat(300_000) }),
    content_type_unsupported: () =>
      send("POST", "/api/payments", { key, body: "a=b", headers: { "content-type": "text/plain" } }),
    payment_state_invalid: {
      code: "payment_state_invalid",
      message: "It has succeeded.",
      status: "succeeded",
      allowed: ["requires_capture"],
    },
    operation_in_progress: { code: "operation_in_progress", message: "Wait.", retryAfterSeconds: 2.1 },
    idempotency_key_reused: { code: "idempotency_key_reused", message: "Used before." },
    rate_limited: { code: "rate_limited", message: "Slow down." },
    internal: { code: "internal", message: "secret detail" },
    unavailable: { code: "unavailable", message: "secret detail" },
  };
  const statuses: Record<RejectionCode, number> = {
    parameter_missing: 400,
    parameter_invalid: 400,
    parameter_unknown: 400,
    json_invalid: 400,
    amount_too_large: 400,
    no_eligible_connector: 400,
    unauthorized: 401,
    scope_missing: 403,
    raw_card_disabled: 403,
    not_found: 404,
    method_not_allowed: 405,
    body_too_large: 413,
    content_type_unsupported: 415,
    payment_state_invalid: 409,
    operation_in_progress: 409,
    idempotency_key_reused: 422,
    rate_limited: 429,
    internal: 500,
    unavailable: 503,
  };

  test.each(Object.keys(ERRORS) as RejectionCode[])("%s has its status and the one envelope", async (code) => {
    const cause = causes[code];
    const viaShard = makeClient({ shard: recordingShard(() => ({ ok: false, rejection: cause })).shard });
    const answer = (await (typeof cause === "function"
      ? cause()
      : viaShard("POST", "/api/payments", { key, body: SMALL_BODY }))) as Awaited<ReturnType<Send>>;
    expect(answer.status).toBe(statuses[code]);
    expect(answer.json).toEqual({
      error: expect.objectContaining({
        type: ERRORS[code].type,
        code,
        message: expect.stringMatching(/\w/),
        requestId: answer.headers.get("request-id"),
      }),
    });
    const known = ["type", "code", "message", "param", "issues", "status", "allowed", "requestId"];
    for (const member of Object.keys(answer.json.error)) expect(known).toContain(member);
  });

  test("payment_state_invalid names the status and those that would fit", async () => {
    const rejection = causes.payment_state_invalid;
    const viaShard = makeClient({ shard: recordingShard(() => ({ ok: false, rejection })).shard });
    const { json } = await viaShard("POST", `/api/payments/${UNKNOWN_PAYMENT}/capture`, { key });
    expect(json.error).toMatchObject({ status: "succeeded", allowed: ["requires_capture"] });
  });

  test("operation_in_progress, rate_limited and unavailable say when to come back", async () => {
    for (const [code, seconds] of [
      ["operation_in_progress", "3"],
      ["rate_limited", "1"],
      ["unavailable", "1"],
    ] as const) {
      const viaShard = makeClient({ shard: recordingShard(() => ({ ok: false, rejection: causes[code] })).shard });
      const { headers } = await viaShard("POST", `/api/payments/${UNKNOWN_PAYMENT}/capture`, { key });
      expect([code, headers.get("retry-after")]).toEqual([code, seconds]);
    }
  });

  test("a 5xx says the same sentence whatever happened", async () => {
    for (const code of ["internal", "unavailable"] as const) {
      const viaShard = makeClient({ shard: recordingShard(() => ({ ok: false, rejection: causes[code] })).shard });
      const { text } = await viaShard("POST", "/api/payments", { key, body: SMALL_BODY });
      expect(text).not.toContain("secret detail");
    }
  });

  test("another merchant's or mode's id answers as an unknown one: its shard is another", async () => {
    const neighbour = await makeMerchant(send);
    for (const credential of [key, merchant.secret.live, neighbour.secret.test]) {
      await send("GET", `/api/payments/${UNKNOWN_PAYMENT}`, { key: credential });
    }
    const addresses = calls.map(({ address }) => `${address?.merchantId} ${address?.mode}`);
    expect(addresses).toEqual([`${merchant.id} test`, `${merchant.id} live`, `${neighbour.id} test`]);
  });
});

describe("headers", () => {
  test("every answer carries a request id of its own, and never the caller's", async () => {
    const seen = new Set<string>();
    for (const path of ["/health", "/nothing", "/api/payments", `/api/payments/${UNKNOWN_PAYMENT}`]) {
      const { headers } = await send("GET", path, { headers: { "request-id": "req_mine" } });
      expect(headers.get("request-id")).toMatch(/^req_[0-9a-z]{24}$/);
      seen.add(headers.get("request-id") ?? "");
    }
    expect(seen.size).toBe(4);
  });

  test("the same security headers stand on every answer, errors included", async () => {
    const failing = makeClient({ shard: recordingShard(() => Promise.reject(new Error("bug"))).shard });
    const answers = [
      await send("GET", "/health"),
      await send("GET", "/nothing"),
      await send("PUT", "/api/payments"),
      await send("POST", "/api/payments", { body: "{}" }),
      await send("POST", "/api/payments", { key, body: SMALL_BODY }),
      await failing("POST", "/api/payments", { key, body: SMALL_BODY }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 405, 401, 201, 500]);
    for (const { headers } of answers) {
      expect(
        Object.fromEntries(
          [...headers].filter(
            ([name]) => !["content-type", "content-length", "request-id", "server-timing", "allow"].includes(name),
          ),
        ),
      ).toEqual({
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=63072000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
      });
      expect(headers.has("access-control-allow-origin")).toBe(false);
    }
  });

  test("Server-Timing tells the stages and the whole", async () => {
    const { headers } = await send("POST", "/api/payments", { key, body: SMALL_BODY });
    expect(headers.get("server-timing")).toMatch(/^auth;dur=[\d.]+, shard;dur=[\d.]+, total;dur=[\d.]+$/);
  });
});

test("the Worker is alive, and ready when the database and a shard answer", async () => {
  expect(await send("GET", "/health")).toMatchObject({ status: 200, json: { status: "ok" } });
  const real = makeClient();
  expect(await real("GET", "/ready")).toMatchObject({
    status: 200,
    json: { status: "ready", checks: { database: true, shards: true } },
  });
  const broken = makeClient({
    env: {
      DB: {
        prepare: () => {
          throw new Error("down");
        },
      } as unknown as D1Database,
    },
  });
  expect(await broken("GET", "/ready")).toMatchObject({
    status: 503,
    json: { checks: { database: false, shards: true } },
  });
  const lonely = makeClient({ shard: recordingShard(() => Promise.reject(new Error("gone"))).shard });
  expect(await lonely("GET", "/ready")).toMatchObject({
    status: 503,
    json: { checks: { database: true, shards: false } },
  });
});

test("the app handles a request without any of its own state", async () => {
  const response = await createApp({ shard: () => ({ create: async () => accepted() }) as never }).request(
    "/health",
    {},
    env,
  );
  expect(response.status).toBe(200);
});
