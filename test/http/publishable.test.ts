import { beforeEach, describe, expect, test } from "vitest";
import { CARD, FULL_BODY, SMALL_BODY, UNKNOWN_PAYMENT } from "../support/bodies.ts";
import { type Answer, makeClient, makeMerchant, type TestMerchant } from "../support/http.ts";

const send = makeClient();
let merchant: TestMerchant;
let key: string;

beforeEach(async () => {
  merchant = await makeMerchant(send);
  key = merchant.publishable.test;
});

interface Payment {
  id: string;
  clientSecret: string;
}

async function create(body: object = {}): Promise<Payment> {
  const { json } = await send("POST", "/api/payments", { key: merchant.secret.test, body: { ...SMALL_BODY, ...body } });
  return json as Payment;
}

const read = ({ id }: { id: string }, secret: string | null, by = key) =>
  send("GET", `/api/payments/${id}${secret === null ? "" : `?clientSecret=${encodeURIComponent(secret)}`}`, {
    key: by,
  });
const confirm = ({ id }: { id: string }, body: unknown, headers: Record<string, string> = {}) =>
  send("POST", `/api/payments/${id}/confirm`, { key, body, headers });
const method = (number = CARD.number) => ({ paymentMethod: { type: "card", card: { ...CARD, number } } });

function withoutRequestId({ status, json }: Answer) {
  const { requestId: _, ...error } = json.error;
  return { status, error };
}

const PUBLIC_FIELDS = [
  "amount",
  "captureMethod",
  "created",
  "currency",
  "id",
  "lastError",
  "livemode",
  "nextAction",
  "paymentMethod",
  "paymentMethodType",
  "status",
];

describe("with the client secret, a publishable key", () => {
  test("reads the public fields of the payment, and no others", async () => {
    const payment = await create({ ...FULL_BODY, metadata: { order: "7" }, description: "shoes" });
    const { status, json } = await read(payment, payment.clientSecret);
    expect([status, Object.keys(json).sort()]).toEqual([200, PUBLIC_FIELDS]);
    expect(json).toMatchObject({ id: payment.id, amount: 1000, status: "succeeded", lastError: null, livemode: false });
  });

  test("is told why a payment failed, and nothing of what the processor said", async () => {
    const payment = await create(method("4000000000009995"));
    const { json } = await read(payment, payment.clientSecret);
    expect(json.status).toBe("failed");
    expect(Object.keys(json.lastError).sort()).toEqual(["code", "declineCode", "message"]);
  });

  test("confirms the payment, gets its public fields, and the same again under an idempotency key", async () => {
    const payment = await create();
    const body = { clientSecret: payment.clientSecret, ...method(), returnUrl: "https://shop.example/back" };
    const headers = { "idempotency-key": "confirm" };
    const confirmed = await confirm(payment, body, headers);
    expect([confirmed.status, confirmed.json.status]).toEqual([200, "succeeded"]);
    expect(Object.keys(confirmed.json).sort()).toEqual(PUBLIC_FIELDS);
    const again = await confirm(payment, body, headers);
    expect([again.text, again.headers.get("idempotent-replayed")]).toEqual([confirmed.text, "true"]);
    const late = await confirm(payment, body);
    expect([late.status, late.json.error.code]).toEqual([409, "payment_state_invalid"]);
  });

  test("confirms with a token, and is sent to a challenge", async () => {
    const payment = await create();
    const made = await send("POST", "/api/tokens", { key, body: { card: { ...CARD, number: "4000003800000446" } } });
    const body = { clientSecret: payment.clientSecret, paymentMethod: { type: "card", token: made.json.id } };
    const { json } = await confirm(payment, body);
    expect([json.status, json.nextAction.type]).toEqual(["requires_customer_action", "redirect"]);
  });

  test("cannot say what is for the merchant to say", async () => {
    const payment = await create();
    for (const member of [
      { metadata: { a: "b" } },
      { customer: { email: "a@b.example", firstName: "A", lastName: "B" } },
      { connector: "sandbox" },
      { authentication: { threeDs: "skip" } },
      { offSession: true },
      { amount: 1 },
      { description: "x" },
    ]) {
      const { status, json } = await confirm(payment, { clientSecret: payment.clientSecret, ...method(), ...member });
      const [name] = Object.keys(member);
      expect([name, status, json.error.code, json.error.param]).toEqual([name, 400, "parameter_unknown", name]);
    }
    const { json } = await read(payment, payment.clientSecret);
    expect(json.status).toBe("requires_payment_method");
  });

  test("is not told which connectors the merchant has", async () => {
    const payment = await create({ connector: "nobody" });
    const { status, json } = await confirm(payment, { clientSecret: payment.clientSecret, ...method() });
    expect([status, json.error.code, json.error.message]).toEqual([
      400,
      "no_eligible_connector",
      "No connector can take this payment.",
    ]);
  });
});

describe("without the right client secret", () => {
  test("there is no such payment: missing, wrong, another payment's, another merchant's and unknown look the same", async () => {
    const [payment, other] = [await create(), await create()];
    const stranger = await makeMerchant(send);
    const { clientSecret } = payment;
    const wrong = [
      "",
      "x",
      other.clientSecret,
      `${clientSecret.slice(0, -1)}${clientSecret.endsWith("0") ? "1" : "0"}`,
      `${clientSecret}0`,
      clientSecret.toUpperCase(),
    ];
    const reads = [
      ...(await Promise.all(wrong.map((secret) => read(payment, secret)))),
      await read({ id: UNKNOWN_PAYMENT }, clientSecret),
      await read(payment, clientSecret, stranger.publishable.test),
      await read(payment, clientSecret, merchant.publishable.live),
      await read({ id: "pay_nonsense" }, clientSecret),
    ];
    const confirms = await Promise.all(
      [...wrong.map((secret) => ({ clientSecret: secret })), { clientSecret: 7 }, { clientSecret: null }].map((body) =>
        confirm(payment, { ...body, ...method(), nonsense: 1 }),
      ),
    );
    const texts = [...reads, ...confirms].map((answer) => JSON.stringify(withoutRequestId(answer)));
    expect([...new Set(texts)]).toEqual([texts[0]]);
    expect(reads[0]?.status).toBe(404);
    const bare = [
      await read(payment, null),
      await confirm(payment, method()),
      await read({ id: UNKNOWN_PAYMENT }, null),
    ];
    for (const { status, json } of bare) expect([status, json.error.code]).toEqual([403, "scope_missing"]);
    expect((await read(payment, clientSecret)).json.status).toBe("requires_payment_method");
  });

  test("a secret key needs none, but one that it gives must be right", async () => {
    const payment = await create();
    const by = merchant.secret.test;
    expect(Object.keys((await read(payment, null, by)).json)).toContain("clientSecret");
    expect((await read(payment, payment.clientSecret, by)).json.id).toBe(payment.id);
    expect((await read(payment, "wrong", by)).status).toBe(404);
    const body = { clientSecret: payment.clientSecret, paymentMethod: {} };
    const confirmed = await send("POST", `/api/payments/${payment.id}/confirm`, { key: by, body });
    expect([confirmed.json.status, confirmed.json.metadata]).toEqual(["succeeded", {}]);
  });
});

test("anything else with a publishable key answers 403, client secret or not", async () => {
  const { id, clientSecret } = await create({ paymentMethod: {} });
  const query = `?clientSecret=${clientSecret}`;
  for (const [verb, path] of [
    ["POST", "/api/payments"],
    ["GET", "/api/payments"],
    ["PATCH", `/api/payments/${id}`],
    ["POST", `/api/payments/${id}/capture`],
    ["POST", `/api/payments/${id}/cancel`],
    ["POST", `/api/payments/${id}/sync`],
    ["GET", `/api/payments/${id}/events${query}`],
    ["GET", `/api/payments/${id}/operations${query}`],
    ["POST", "/api/refunds"],
    ["GET", "/api/keys"],
    ["GET", "/api/connectors"],
  ] as const) {
    const body = verb === "GET" ? {} : { body: { clientSecret } };
    const { status, json } = await send(verb, path, { key, ...body });
    expect([verb, path, status, json.error.code]).toEqual([verb, path, 403, "scope_missing"]);
  }
});

describe("pages of other origins", () => {
  const ORIGIN = { origin: "https://shop.example" };
  const preflight = (path: string, wanted: string) =>
    send("OPTIONS", path, {
      headers: {
        ...ORIGIN,
        "access-control-request-method": wanted,
        "access-control-request-headers": "authorization,content-type,idempotency-key",
      },
    });
  const corsHeaders = ({ headers }: Answer) => [...headers.keys()].filter((name) => name.startsWith("access-control"));

  test("may ask for exactly what a publishable key may do, without credentials", async () => {
    const payment = await create();
    for (const [path, verb] of [
      [`/api/payments/${payment.id}`, "GET"],
      [`/api/payments/${payment.id}/confirm`, "POST"],
      ["/api/tokens", "POST"],
    ] as const) {
      const { status, headers, text } = await preflight(path, verb);
      expect([path, status, text]).toEqual([path, 204, ""]);
      expect(Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control")))).toEqual({
        "access-control-allow-origin": "*",
        "access-control-allow-methods": verb,
        "access-control-allow-headers": "authorization, content-type, idempotency-key, last-event-id",
        "access-control-max-age": "86400",
        "access-control-expose-headers": "request-id, retry-after, idempotent-replayed",
      });
      expect(headers.get("request-id")).toMatch(/^req_/);
    }
  });

  test("can read the answers, refusals too", async () => {
    const payment = await create();
    const answers = [
      await read(payment, payment.clientSecret),
      await read(payment, "wrong"),
      await read(payment, payment.clientSecret, "pk_test_nobody"),
      await confirm(payment, { clientSecret: payment.clientSecret, nonsense: 1 }),
      await send("POST", "/api/tokens", { key, body: { card: CARD } }),
      await send("POST", "/api/tokens", { key, body: "{" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 401, 400, 201, 400]);
    for (const { headers } of answers) {
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.has("access-control-allow-credentials")).toBe(false);
    }
  });

  test("hear nothing of it from any other route or method", async () => {
    const { id } = await create();
    for (const path of ["/api/payments", `/api/payments/${id}/capture`, `/api/payments/${id}/events`, "/api/keys"]) {
      const answer = await preflight(path, "POST");
      expect([path, answer.status, corsHeaders(answer)]).toEqual([path, 405, []]);
    }
    const secret = merchant.secret.test;
    for (const [verb, path] of [
      ["PATCH", `/api/payments/${id}`],
      ["POST", "/api/payments"],
      ["GET", "/api/payments"],
      ["GET", `/api/payments/${id}/events`],
      ["GET", "/api/tokens"],
      ["DELETE", `/api/payments/${id}`],
    ] as const) {
      const body = verb === "GET" || verb === "DELETE" ? {} : { body: SMALL_BODY };
      const answer = await send(verb, path, { key: secret, headers: ORIGIN, ...body });
      expect([verb, path, corsHeaders(answer)]).toEqual([verb, path, []]);
    }
  });
});
