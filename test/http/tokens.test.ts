import { beforeEach, describe, expect, test } from "vitest";
import { CARD, SMALL_BODY } from "../support/bodies.ts";
import { type Answer, makeClient, makeMerchant, type TestMerchant } from "../support/http.ts";

const send = makeClient();
let merchant: TestMerchant;

beforeEach(async () => {
  merchant = await makeMerchant(send);
});

function post(path: string, body: unknown, key = merchant.secret.test, idempotencyKey?: string): Promise<Answer> {
  const headers: Record<string, string> = idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey };
  return send("POST", path, { key, body, headers });
}

async function makeToken(number = CARD.number, key = merchant.publishable.test): Promise<string> {
  const { status, json } = await post("/api/tokens", { card: { ...CARD, number } }, key);
  expect(status).toBe(201);
  return json.id as string;
}

const by = (token: string) => ({ type: "card", token });
const pay = (token: string, extra: object = {}, idempotencyKey?: string) =>
  post("/api/payments", { ...SMALL_BODY, ...extra, paymentMethod: by(token) }, merchant.secret.test, idempotencyKey);

function expectUnknown({ status, json }: Answer): void {
  expect([status, json.error?.code, json.error?.param]).toEqual([400, "parameter_invalid", "paymentMethod.token"]);
}

describe("making a token", () => {
  test("answers 201 with the card's mask and its end after 24 hours, to either kind of key", async () => {
    for (const key of [merchant.publishable.test, merchant.secret.test]) {
      const { status, json, text } = await post("/api/tokens", { card: { ...CARD, holderName: "Jane Doe" } }, key);
      expect(status).toBe(201);
      expect(json).toEqual({
        id: expect.stringMatching(/^tok_[0-9a-hjkmnp-tv-z]{24}$/),
        card: {
          brand: "visa",
          last4: "4242",
          first6: "424242",
          expiryMonth: 12,
          expiryYear: 2030,
          funding: "credit",
        },
        expires: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      });
      const lifetimeMs = Date.parse(json.expires) - Date.now();
      expect(lifetimeMs).toBeGreaterThan(24 * 3_600_000 - 60_000);
      expect(lifetimeMs).toBeLessThanOrEqual(24 * 3_600_000);
      expect(text).not.toContain(CARD.number);
    }
  });

  test("is refused without a card, with one that cannot be, and with anything else", async () => {
    const refused = async (body: unknown) => {
      const { status, json, text } = await post("/api/tokens", body, merchant.publishable.test);
      expect([status, text.includes("424242424242")]).toEqual([400, false]);
      return [json.error.code, json.error.param];
    };
    expect(await refused({})).toEqual(["parameter_missing", "card"]);
    expect(await refused({ card: { ...CARD, number: "4242424242424241" } })).toEqual([
      "parameter_invalid",
      "card.number",
    ]);
    expect(await refused({ card: { ...CARD, expiryYear: 2020 } })).toEqual(["parameter_invalid", "card.expiryYear"]);
    expect(await refused({ card: CARD, customer: {} })).toEqual(["parameter_unknown", "customer"]);
    expect((await post("/api/tokens", { card: CARD }, "pk_test_nobody")).status).toBe(401);
  });

  test("in live mode is for browsers: a server that sends a card is refused as with any raw card", async () => {
    const body = { card: CARD };
    const { status, json } = await post("/api/tokens", body, merchant.publishable.live);
    expect([status, json.card.funding]).toEqual([201, "unknown"]);
    expect((await post("/api/tokens", body, merchant.secret.live)).json.error.code).toBe("raw_card_disabled");
    const trusted = await makeMerchant(send, { rawCards: true });
    expect((await post("/api/tokens", body, trusted.secret.live)).status).toBe(201);
    const stored = await post(
      "/api/payments",
      { ...SMALL_BODY, confirm: false, paymentMethod: by(json.id) },
      merchant.secret.live,
    );
    expect([stored.status, stored.json.status, stored.json.paymentMethodDetails.card.last4]).toEqual([
      201,
      "requires_confirmation",
      "4242",
    ]);
  });

  test("under an idempotency key makes one token, and answers the same after it was used", async () => {
    const make = (card: object) => post("/api/tokens", { card }, merchant.publishable.test, "checkout 7");
    const [first, twin] = await Promise.all([make(CARD), make(CARD)]);
    expect([first.status, twin.text]).toEqual([201, first.text]);
    expect((await pay(first.json.id)).json.status).toBe("succeeded");
    const again = await make(CARD);
    expect([again.status, again.text, again.headers.get("idempotent-replayed")]).toEqual([201, first.text, "true"]);
    expectUnknown(await pay(again.json.id));
    const other = await make({ ...CARD, cvc: "999" });
    expect([other.status, other.json.error.code]).toEqual([422, "idempotency_key_reused"]);
  });
});

describe("paying with a token", () => {
  test("charges its card, once", async () => {
    const token = await makeToken();
    const paid = await pay(token);
    expect([paid.status, paid.json.status, paid.json.paymentMethodDetails.card.last4]).toEqual([
      201,
      "succeeded",
      "4242",
    ]);
    expectUnknown(await pay(token));
    const ledger = await send("GET", `/api/sandbox/ledger?paymentId=${paid.json.id}`, { key: merchant.secret.test });
    expect(ledger.json.data).toHaveLength(1);
  });

  test("a declined payment has used it, too", async () => {
    const token = await makeToken("4000000000000002");
    expect((await pay(token)).json.lastError.category).toBe("do_not_honor");
    expectUnknown(await pay(token));
  });

  test("of two payments at once with one token, one wins", async () => {
    const token = await makeToken();
    const answers = await Promise.all([pay(token), pay(token), pay(token), pay(token)]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 400, 400, 400]);
    for (const answer of answers.filter(({ status }) => status === 400)) expectUnknown(answer);
  });

  test("a repeated request gets its first answer, and twins get the same one", async () => {
    const token = await makeToken();
    const [one, other] = await Promise.all([pay(token, {}, "order 7"), pay(token, {}, "order 7")]);
    expect([one.status, one.json.status, other.text]).toEqual([201, "succeeded", one.text]);
    const again = await pay(token, {}, "order 7");
    expect([again.text, again.headers.get("idempotent-replayed")]).toEqual([one.text, "true"]);
    expect((await pay(token, { amount: 2 }, "order 7")).status).toBe(422);
    expectUnknown(await pay(token, {}, "order 8"));
  });

  test("a request that stores nothing leaves it good for another", async () => {
    const token = await makeToken();
    const refused = await pay(token, { connector: "nobody" });
    expect([refused.status, refused.json.error.code]).toEqual([400, "no_eligible_connector"]);
    const rehearsed = await pay(token, { dryRun: true });
    expect([rehearsed.status, rehearsed.json.dryRun]).toEqual([200, true]);
    const settled = await post("/api/payments", { ...SMALL_BODY, paymentMethod: {} });
    const late = await post(`/api/payments/${settled.json.id}/confirm`, { paymentMethod: by(token) });
    expect([late.status, late.json.error.code]).toEqual([409, "payment_state_invalid"]);
    expect((await pay(token)).json.status).toBe("succeeded");
  });

  test("a confirm and an update take it, too", async () => {
    const { json: bare } = await post("/api/payments", SMALL_BODY);
    const confirmed = await post(`/api/payments/${bare.id}/confirm`, { paymentMethod: by(await makeToken()) });
    expect([confirmed.status, confirmed.json.status]).toEqual([200, "succeeded"]);
    const { json: open } = await post("/api/payments", SMALL_BODY);
    const token = await makeToken("5555555555554444");
    const key = merchant.secret.test;
    const changed = await send("PATCH", `/api/payments/${open.id}`, { key, body: { paymentMethod: by(token) } });
    expect([changed.status, changed.json.paymentMethodDetails.card.brand]).toEqual([200, "mastercard"]);
    expect((await post(`/api/payments/${open.id}/confirm`, {})).json.status).toBe("succeeded");
    expectUnknown(await pay(token));
  });

  test("an unknown one, another merchant's, another mode's and a used one look the same", async () => {
    const stranger = await makeMerchant(send);
    const used = await makeToken();
    await pay(used);
    const errors = await Promise.all(
      [
        "tok_0123456789abcdefghjkmnpq",
        "tok_nothing",
        await makeToken(CARD.number, stranger.publishable.test),
        await makeToken(CARD.number, merchant.publishable.live),
        used,
      ].map(async (token) => {
        const answer = await pay(token);
        expectUnknown(answer);
        const { requestId: _, ...error } = answer.json.error;
        return JSON.stringify(error);
      }),
    );
    expect(new Set(errors).size).toBe(1);
  });
});
