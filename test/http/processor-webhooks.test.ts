import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import * as fc from "fast-check";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { signHook } from "../../src/connectors/sandbox/sign.ts";
import { childId, paymentId } from "../../src/domain/ids.ts";
import type { PaymentShard } from "../../src/durable/payment-shard.ts";
import { webhookAccounts } from "../../src/http/webhook-account.ts";
import { retryParked } from "../../src/projection/deliver-message.ts";
import { GIVE_UP_PARKED_MS } from "../../src/projection/parked-messages.ts";
import { makeClient, makeMerchant, type Send } from "../support/http.ts";

/** For what is repeated many times, on a machine that has more to do. */
const SLOW_MS = 60_000;
const SECRET = "whsec_test_0123456789abcdef";
const CARD = { number: "4242424242424242", expiryMonth: "12", expiryYear: "2034", cvc: "123" };

// oxlint-disable-next-line typescript/no-explicit-any -- judged by the assertions
type Any = any;

let send: Send;
let key: string;
let merchantId: string;
let account: Any;

function pay(number = CARD.number, wish: Record<string, unknown> = {}): Promise<Any> {
  const body = {
    amount: 1000,
    currency: "gbp",
    connector: "shop",
    returnUrl: "https://shop.example",
    paymentMethod: { type: "card", card: { ...CARD, number } },
    ...wish,
  };
  return send("POST", "/api/payments", { key, body }).then(({ json }) => json);
}

async function read(id: string): Promise<Any> {
  return (await send("GET", `/api/payments/${id}`, { key })).json;
}

/** As the sandbox processor writes it. */
function hook(payment: Any, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const attempt = payment.attempts.at(-1).id;
  return {
    msg: "hk_1",
    res: "OK",
    op: "sale",
    key: attempt,
    order: payment.id,
    txn: "tx_1",
    amt: 1000,
    ccy: "GBP",
    ...changes,
  };
}

async function post(
  body: unknown,
  options: { to?: string; secret?: string; seconds?: number; header?: string | null; raw?: string } = {},
) {
  const text = options.raw ?? JSON.stringify(body);
  const seconds = options.seconds ?? Math.floor(Date.now() / 1000);
  const signature =
    options.header === undefined ? await signHook(options.secret ?? SECRET, text, seconds) : options.header;
  const headers: Record<string, string> = signature === null ? {} : { "sandbox-signature": signature };
  return send("POST", `/webhooks/${options.to ?? account.id}`, { body: text, headers });
}

function parked(): Promise<Record<string, unknown>[]> {
  return env.DB.prepare("SELECT * FROM parked_messages")
    .all()
    .then(({ results }) => results);
}

beforeEach(async () => {
  webhookAccounts.clear();
  send = makeClient();
  const merchant = await makeMerchant(send);
  merchantId = merchant.id;
  key = merchant.secret.test;
  const body = { connector: "sandbox", label: "shop", settings: { webhookSecret: SECRET } };
  account = (await send("POST", "/api/connectors", { key, body })).json;
});

const CHALLENGED = "4000003800000446";

describe("POST /webhooks/{ca_…}", () => {
  test("settles what it is about, in the commit that notes it, and once", async () => {
    const payment = await pay(CHALLENGED);
    expect(payment.status).toBe("requires_customer_action");
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(hook(payment))));
    expect(answers.map(({ status, text }) => [status, text])).toEqual(
      Array.from({ length: 5 }, () => [200, '{"received":true}']),
    );
    const settled = await read(payment.id);
    expect(settled).toMatchObject({ status: "succeeded", amountReceived: 1000, version: payment.version + 1 });
  });

  test("an amount that differs from what was asked for is a conflict, not money", async () => {
    const payment = await pay(CHALLENGED);
    await post(hook(payment, { amt: 100 }));
    expect(await read(payment.id)).toMatchObject({ status: "conflicted", amountReceived: 0 });
  });

  test("what only hints is confirmed by asking the processor, whose word counts", async () => {
    const payment = await pay(CHALLENGED);
    expect((await post(hook(payment, { res: "WAIT", msg: "hk_hint" }))).status).toBe(200);
    expect((await read(payment.id)).status).toBe("requires_customer_action");
    const url = new URL(payment.nextAction.url);
    await send("POST", `${url.pathname}?decision=approve`, {
      body: "approve=1",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect((await post(hook(payment, { res: "WAIT", msg: "hk_hint_2" }))).status).toBe(200);
    expect((await read(payment.id)).status).toBe("succeeded");
  });

  test("nothing that is not signed with this account's secret changes anything", async () => {
    const payment = await pay(CHALLENGED);
    const now = Math.floor(Date.now() / 1000);
    const good = JSON.stringify(hook(payment));
    const signature = await signHook(SECRET, good, now);
    const attempts = [
      post(hook(payment), { secret: "whsec_other" }),
      post(hook(payment), { seconds: now - 301 }),
      post(hook(payment), { seconds: now + 301 }),
      post(null, { raw: `${good} `, header: signature }),
      post(null, { raw: good.replace("1000", "1001"), header: signature }),
      post(hook(payment), { header: null }),
      post(hook(payment), { header: "" }),
      post(hook(payment), { header: `t=${now},v1=${"0".repeat(64)}` }),
      post(hook(payment), { header: signature.replace("v1=", "v0=") }),
    ];
    const bodies = new Set<string>();
    for (const answer of await Promise.all(attempts)) {
      expect(answer.status).toBe(401);
      bodies.add(JSON.stringify({ ...answer.json.error, requestId: "" }));
    }
    expect(bodies.size).toBe(1);
    expect(await read(payment.id)).toEqual(payment);
    expect(await parked()).toEqual([]);
  });

  test(
    "no byte and no header of a signed message can be changed",
    async () => {
      const payment = await pay(CHALLENGED);
      const text = JSON.stringify(hook(payment));
      const signature = await signHook(SECRET, text, Math.floor(Date.now() / 1000));
      const flip = (value: string, at: number) =>
        value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ 1) + value.slice(at + 1);
      await fc.assert(
        fc.asyncProperty(fc.nat(text.length - 1), async (at) => {
          expect((await post(null, { raw: flip(text, at), header: signature })).status).toBe(401);
        }),
        { numRuns: 60 },
      );
      for (let at = signature.indexOf("v1=") + 3; at < signature.length; at += 3) {
        expect((await post(null, { raw: text, header: flip(signature, at) })).status).toBe(401);
      }
      expect(await read(payment.id)).toEqual(payment);
    },
    SLOW_MS,
  );

  test("an account speaks only of payments that were made through it", async () => {
    const other = { connector: "sandbox", label: "other", settings: { webhookSecret: "whsec_own" } };
    const { json } = await send("POST", "/api/connectors", { key, body: other });
    const payment = await pay(CHALLENGED);
    expect((await post(hook(payment), { to: json.id, secret: "whsec_own" })).status).toBe(200);
    expect(await read(payment.id)).toEqual(payment);
    expect(await parked()).toMatchObject([{ account_id: json.id, payment_id: payment.id }]);
  });

  test("another merchant's account cannot reach the payment", async () => {
    const payment = await pay(CHALLENGED);
    const stranger = await makeMerchant(send);
    const body = { connector: "sandbox", label: "shop", settings: { webhookSecret: "whsec_own" } };
    const { json } = await send("POST", "/api/connectors", { key: stranger.secret.test, body });
    expect((await post(hook(payment), { to: json.id, secret: "whsec_own" })).status).toBe(200);
    expect(await read(payment.id)).toEqual(payment);
  });

  test("a changed secret counts at once, also where the old one was just used", async () => {
    const payment = await pay(CHALLENGED);
    expect((await post(hook(payment, { res: "WAIT" }))).status).toBe(200);
    await send("PATCH", `/api/connectors/${account.id}`, { key, body: { settings: { webhookSecret: "whsec_new" } } });
    vi.setSystemTime(Date.now() + 1_500);
    try {
      expect((await post(hook(payment, { msg: "hk_2" }), { secret: "whsec_new" })).status).toBe(200);
      expect((await read(payment.id)).status).toBe("succeeded");
      expect((await post(hook(payment), { secret: SECRET })).status).toBe(401);
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ["no such account", () => `ca_${"0".repeat(24)}`, 404],
    ["a malformed one", () => "ca_x", 404],
  ])("%s is not found", async (_, to, status) => {
    expect((await post({}, { to: to() })).status).toBe(status);
  });

  test("more than 256 KiB are refused, and a GET has no meaning", async () => {
    expect((await post(null, { raw: "x".repeat(256 * 1024 + 1), header: null })).status).toBe(413);
    const answer = await send("GET", `/webhooks/${account.id}`);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("a shard that cannot be reached makes the processor send it again", async () => {
    const payment = await pay(CHALLENGED);
    const failing = { getByName: () => ({ hear: async () => Promise.reject(new Error("reset")) }) };
    const broken = makeClient({ env: { PAYMENT_SHARD: failing as unknown as Env["PAYMENT_SHARD"] } });
    const text = JSON.stringify(hook(payment));
    const headers = { "sandbox-signature": await signHook(SECRET, text, Math.floor(Date.now() / 1000)) };
    expect((await broken("POST", `/webhooks/${account.id}`, { body: text, headers })).status).toBe(503);
    expect((await post(hook(payment))).status).toBe(200);
    expect((await read(payment.id)).status).toBe("succeeded");
  });
});

describe("a message about an unknown payment", () => {
  const identity = new Uint8Array(20).fill(7);
  const unknown = paymentId(0, identity);
  const message = {
    msg: "hk_9",
    res: "OK",
    op: "sale",
    key: childId("att", unknown, 1),
    order: unknown,
    txn: "tx",
    amt: 1000,
    ccy: "GBP",
  };

  test("is parked once, answered 200, and wakes no shard for good", async () => {
    for (let n = 0; n < 3; n++) expect((await post(message)).status).toBe(200);
    expect((await post({ ...message, msg: "hk_10", order: "somebody-else's" })).status).toBe(200);
    expect((await parked()).map(({ message_id, payment_id, tries }) => [message_id, payment_id, tries])).toEqual([
      ["hk_9", unknown, 0],
      ["hk_10", null, 0],
    ]);
    await runInDurableObject(env.PAYMENT_SHARD.getByName(`${merchantId}:test:0`), (_: PaymentShard, state) => {
      expect(state.storage.sql.exec("SELECT count(*) AS n FROM inbox").one()).toEqual({ n: 0 });
      expect(state.storage.sql.exec("SELECT count(*) AS n FROM facts").one()).toEqual({ n: 0 });
    });
  });

  test("is tried again, ever later, and settles once the payment is there", async () => {
    const payment = await pay(CHALLENGED);
    await post(message);
    await env.DB.prepare("UPDATE parked_messages SET payment_id = ?, key = ?")
      .bind(payment.id, payment.attempts[0].id)
      .run();
    expect(await retryParked(env, Date.now())).toEqual({ settled: 0, postponed: 0 });
    expect(await retryParked(env, Date.now() + 61_000)).toEqual({ settled: 1, postponed: 0 });
    expect(await parked()).toEqual([]);
    expect((await read(payment.id)).status).toBe("succeeded");
  });

  test(
    "is given up after seven days, where it can be seen",
    async () => {
      await post(message);
      const told = vi.spyOn(console, "error").mockImplementation(() => {});
      let at = Date.now();
      let runs = 0;
      while ((await parked())[0]?.["given_up"] === null && runs < 100) {
        at = Number((await parked())[0]?.["next_try"]);
        await retryParked(env, at);
        runs += 1;
      }
      const [row] = await parked();
      expect(Number(row?.["given_up"]) - Number(row?.["received"])).toBeGreaterThanOrEqual(GIVE_UP_PARKED_MS);
      expect(runs).toBeLessThan(50);
      expect(told.mock.calls.flat().join()).toContain("message_given_up");
      told.mockRestore();
      expect(await retryParked(env, at + GIVE_UP_PARKED_MS)).toEqual({ settled: 0, postponed: 0 });
    },
    SLOW_MS,
  );

  test("does not fill the database: beyond a thousand of an account the processor has to come again", async () => {
    await post(message);
    await env.DB.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
       INSERT INTO parked_messages SELECT account_id, 'hk_n' || i, key, merchant_id, merchant_number, mode, shards, payment_id,
         outcome, received, tries, next_try, given_up FROM parked_messages, n`,
    ).run();
    expect((await post({ ...message, msg: "hk_more" })).status).toBe(503);
    expect(await parked()).toHaveLength(1000);
  });
});

describe("messages in any order", () => {
  /** Some right, some stale, some repeated: a snapshot of every moment that the payment went through. */
  const MOMENTS = [
    { msg: "a", res: "ASK", go: "https://bank.example/" },
    { msg: "b", res: "WAIT" },
    { msg: "c", res: "OK" },
    { msg: "c", res: "OK" },
    { msg: "d", res: "NO", why: "51" },
    { msg: "e", res: "OK", op: "hold" },
  ];
  const RANK: Record<string, number> = { requires_customer_action: 0, succeeded: 1, failed: 1, conflicted: 1 };

  test(
    "never move the status back, and a settled payment stays as it is",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.shuffledSubarray(MOMENTS, { minLength: 2 }),
          fc.array(fc.nat(5), { maxLength: 3 }),
          async (order, repeats) => {
            const payment = await pay(CHALLENGED);
            let before = payment;
            for (const moment of [...order, ...repeats.map((n) => order[n % order.length])]) {
              expect((await post(hook(payment, { ...moment, msg: `${moment?.msg}-${payment.id}` }))).status).toBe(200);
              const after = await read(payment.id);
              expect(RANK[after.status]).toBeGreaterThanOrEqual(RANK[before.status] ?? 0);
              if (before.status !== "requires_customer_action") expect(after).toEqual(before);
              before = after;
            }
            // The first word that settles it counts.
            const first = order.find(({ res }) => res === "OK" || res === "NO");
            const expected =
              first === undefined ? "requires_customer_action" : first.res === "OK" ? "succeeded" : "failed";
            expect(before.status).toBe(expected);
          },
        ),
        { numRuns: 40 },
      );
    },
    SLOW_MS,
  );
});
