import { beforeEach, expect, test } from "vitest";
import { CARD, SMALL_BODY } from "../support/bodies.ts";
import { makeClient, makeMerchant, type Send, type TestMerchant } from "../support/http.ts";
import { type RecordedCall, recordingShard } from "../support/recording-shard.ts";

let calls: RecordedCall[];
let send: Send;
let merchant: TestMerchant;

beforeEach(async () => {
  const recording = recordingShard();
  calls = recording.calls;
  send = makeClient({ shard: recording.shard });
  merchant = await makeMerchant(send);
});

function create(paymentMethod: unknown, key = merchant.secret.test) {
  return send("POST", "/api/payments", { key, body: { ...SMALL_BODY, paymentMethod } });
}

async function taken(paymentMethod: unknown, key?: string) {
  const answer = await create(paymentMethod, key);
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return calls.at(-1)?.args[1].method;
}

async function refused(paymentMethod: unknown, ...paths: string[]) {
  const answer = await create(paymentMethod);
  expect([
    answer.status,
    answer.json.error?.issues?.map(({ path }: { path: string }) => path.replace(/^paymentMethod\.?/, "")),
  ]).toEqual([400, paths]);
  expect(answer.text).not.toMatch(/4242|5555/);
  return answer.json.error;
}

const card = (part: object = {}) => ({ type: "card", card: { ...CARD, ...part } });

test("a card: number with spaces, expiry and cvc as texts, expiry as integers too", async () => {
  const plain = await taken(card());
  for (const part of [
    { number: "4242 4242 4242 4242" },
    { expiryMonth: 12 },
    { expiryYear: 2030 },
    { expiryYear: 30 },
    { expiryYear: "30" },
  ]) {
    expect(await taken(card(part))).toEqual(plain);
  }
  expect(plain.card).toEqual({
    number: "4242424242424242",
    expiryMonth: 12,
    expiryYear: 2030,
    cvc: "123",
    holderName: null,
  });
  expect((await taken({ ...card(), type: "CARD" })).card).toEqual(plain.card);
  expect(
    (await taken(card({ expiryMonth: "01", expiryYear: 2040, holderName: "Jane Doe", cvc: undefined }))).card,
  ).toMatchObject({ expiryMonth: 1, cvc: null, holderName: "Jane Doe" });
});

test("a card that cannot be one is refused, member by member, and never quoted", async () => {
  await refused(card({ number: "4242424242424241" }), "card.number");
  await refused(card({ number: 4242424242424242 }), "card.number");
  await refused(
    card({ number: undefined, expiryMonth: 13, expiryYear: 1999, cvc: 123 }),
    "card.number",
    "card.expiryMonth",
    "card.expiryYear",
    "card.cvc",
  );
  await refused(card({ expiryYear: 2020 }), "card.expiryYear");
  await refused(card({ expiryMonth: 1.5 }), "card.expiryMonth");
  await refused(card({ expiryMonth: "1e0" }), "card.expiryMonth");
  await refused(card({ cvc: "12" }), "card.cvc");
  await refused(card({ track: ";4242424242424242=30121010000012345?" }), "card.track");
});

test("only the mask of a card is in what the shard is told to show", async () => {
  const { view } = await taken(card());
  expect(JSON.stringify(view)).not.toContain(CARD.number);
  expect(view).toMatchObject({
    type: "card",
    paymentMethodType: "credit",
    card: { brand: "visa", last4: "4242", first6: "424242", expiryMonth: 12, expiryYear: 2030, funding: "credit" },
  });
  expect((await taken(card({ number: "4000056655665556" }))).view).toMatchObject({
    paymentMethodType: "debit",
    card: { funding: "debit" },
  });
});

test("a token or a saved method that does not exist is refused at its path", async () => {
  await refused({ type: "card", token: "tok_nothing" }, "token");
  await refused({ id: "pm_nothing" }, "id");
});

test("another method is taken by its type and provider, in any letter case", async () => {
  for (const [type, provider] of [
    ["wallet", "paypal"],
    ["bank_redirect", "ideal"],
    ["pay_later", "klarna"],
    ["bank_transfer", "sepa"],
  ] as const) {
    const expected = { view: { type, paymentMethodType: provider, provider }, card: null };
    expect(await taken({ type: type.toUpperCase(), provider: provider.toUpperCase() })).toEqual(expected);
  }
});

test("what does not belong together is refused", async () => {
  expect((await refused({ type: "card" }, "card")).code).toBe("parameter_missing");
  expect((await refused({ type: "wallet" }, "provider")).code).toBe("parameter_missing");
  expect((await refused({ card: CARD }, "type")).code).toBe("parameter_missing");
  await refused({ ...card(), token: "tok_a" }, "card");
  await refused({ ...card(), provider: "paypal" }, "provider");
  await refused({ type: "wallet", provider: "paypal", card: CARD }, "card");
  await refused({ id: "pm_a", type: "card" }, "type");
  await refused({ type: "cash" }, "type");
  for (const provider of ["4242424242424242", "p4242424242424242", "pay pal", ""]) {
    await refused({ type: "wallet", provider }, "provider");
  }
  for (const odd of [null, [], "card", 1]) await refused(odd, "");
});

test("a raw card in live mode answers 403, unless the operator has switched it on for the merchant", async () => {
  const { status, json } = await create(card(), merchant.secret.live);
  expect([status, json.error.code, json.error.type]).toEqual([403, "raw_card_disabled", "authentication"]);
  expect(calls).toEqual([]);
  const trusted = await makeMerchant(send, { rawCards: true });
  expect((await taken(card(), trusted.secret.live)).view.card.funding).toBe("unknown");
});

test("{} is the default card in test mode, and none in live mode, on update and confirm too", async () => {
  for (const [method, path] of [
    ["PATCH", ""],
    ["POST", "/confirm"],
  ] as const) {
    for (const [key, number] of [
      [merchant.secret.test, "4242424242424242"],
      [merchant.secret.live, undefined],
    ] as const) {
      await send(method, `/api/payments/pay_00zzzzzzzzzzzzzzzzzzzzzzzz${path}`, { key, body: { paymentMethod: {} } });
      expect(calls.at(-1)?.args[1].action.method?.card.number).toBe(number);
    }
  }
});
