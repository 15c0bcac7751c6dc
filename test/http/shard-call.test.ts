import { beforeEach, expect, test } from "vitest";
import { SMALL_BODY, UNKNOWN_PAYMENT } from "../support/bodies.ts";
import { makeClient, makeMerchant, type TestMerchant } from "../support/http.ts";
import { accepted, recordingShard } from "../support/recording-shard.ts";

let merchant: TestMerchant;
beforeEach(async () => {
  merchant = await makeMerchant(makeClient());
});

/** Throws as a stub does, once or always, then answers. */
function failing(flags: object, times = Number.POSITIVE_INFINITY) {
  return recordingShard((_call, n) => {
    if (n <= times) throw Object.assign(new Error("Network connection lost with card 4242424242424242"), flags);
    return accepted();
  });
}

const CREATE = ["POST", "/api/payments", SMALL_BODY] as const;
const CAPTURE = ["POST", `/api/payments/${UNKNOWN_PAYMENT}/capture`, {}] as const;
const READ = ["GET", `/api/payments/${UNKNOWN_PAYMENT}`, undefined] as const;
const KEYED = { "idempotency-key": "k" };

async function attempt(
  shard: ReturnType<typeof failing>,
  [method, path, body]: readonly [string, string, unknown],
  headers = {},
) {
  const answer = await makeClient({ shard: shard.shard })(method, path, { key: merchant.secret.test, body, headers });
  return [answer.status, shard.calls.length, answer.headers.get("retry-after")];
}

test("an overloaded shard answers 503 with retry-after, and is not asked again", async () => {
  for (const request of [CREATE, CAPTURE, READ])
    expect(await attempt(failing({ overloaded: true, retryable: true }), request)).toEqual([503, 1, "1"]);
});

test("a lost connection is repeated once where it cannot do anything twice", async () => {
  expect(await attempt(failing({ retryable: true }, 1), CREATE)).toEqual([201, 2, null]);
  expect(await attempt(failing({ retryable: true }, 1), READ)).toEqual([201, 2, null]);
  expect(await attempt(failing({ retryable: true }, 1), CAPTURE, KEYED)).toEqual([201, 2, null]);
  expect(await attempt(failing({ retryable: true }), CREATE)).toEqual([503, 2, "1"]);
});

test("a lost connection of an operation without a key is not repeated: it may have been done", async () => {
  expect(await attempt(failing({ retryable: true }, 1), CAPTURE)).toEqual([503, 1, "1"]);
});

test("a repeated create is the same create", async () => {
  const shard = failing({ retryable: true }, 1);
  await attempt(shard, CREATE);
  expect(shard.calls[0]?.args).toEqual(shard.calls[1]?.args);
});

test("anything else that is thrown is a fault of ours: 500 with the one sentence", async () => {
  const shard = failing({});
  const answer = await makeClient({ shard: shard.shard })("POST", "/api/payments", {
    key: merchant.secret.test,
    body: SMALL_BODY,
  });
  expect(answer.status).toBe(500);
  expect(answer.json.error).toMatchObject({ code: "internal", type: "api" });
  expect(answer.text).not.toMatch(/Network|4242/);
  expect(shard.calls).toHaveLength(1);
});

test("the shard's body is passed on byte for byte, with its status and its mark of a replay", async () => {
  const body = '{"id":"pay_1",  "odd":  1e3}';
  const { shard } = recordingShard(() => ({ ok: true, status: 200, body, replayed: true }));
  const answer = await makeClient({ shard })("POST", "/api/payments", { key: merchant.secret.test, body: SMALL_BODY });
  expect([answer.status, answer.text, answer.headers.get("idempotent-replayed")]).toEqual([200, body, "true"]);
});

test("the payment's shard stands in its id, among as many as the merchant has", async () => {
  const { calls, shard } = recordingShard();
  const send = makeClient({ shard });
  const large = await makeMerchant(send, { shards: 256 });
  for (let n = 0; n < 20; n += 1) await send("POST", "/api/payments", { key: large.secret.test, body: SMALL_BODY });
  const shards = calls.map(({ address }) => address?.shard);
  expect(new Set(shards).size).toBeGreaterThan(5);
  for (const { address, args } of calls.slice()) {
    await send("GET", `/api/payments/${args[1].paymentId}`, { key: large.secret.test });
    expect(calls.at(-1)?.address?.shard).toBe(address?.shard);
  }
});
