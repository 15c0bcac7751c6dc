import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { createHash } from "node:crypto";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/domain/canonical-json.ts";
import {
  ADDRESS,
  act,
  bodyOf,
  card,
  create,
  type CreateOptions,
  type PaymentBody,
  read,
  ringUntil,
  sandboxLedger,
  seedAccounts,
  shard,
} from "../support/shard.ts";

beforeEach(() => seedAccounts());

const MANUAL: CreateOptions = { details: { captureMethod: "manual" } };
const MULTIPLE: CreateOptions = { details: { captureMethod: "manual_multiple" } };
const refund = (amount: number | null) => ({ type: "refund", amount, reason: null, metadata: {} }) as const;
const capture = (amount: number | null, final: boolean | null = null) => ({ type: "capture", amount, final }) as const;
const cancel = { type: "cancel", reason: null } as const;

type RefundBody = { id: string; status: string; amount: number; errorMessage: string | null };

async function effects(id: string): Promise<string[]> {
  return (await sandboxLedger(id)).map(({ operation, amount }) => `${operation} ${amount}`);
}

/** Moves the shard's clock, and no other, and rings. */
async function letTimePass(ms: number): Promise<void> {
  await runInDurableObject(shard(), (instance) => {
    const before = instance.clock;
    instance.clock = () => before() + ms;
  });
  await runDurableObjectAlarm(shard());
}

const HOUR = 3_600_000;

describe("captures", () => {
  test("many, until the sum is reached", async () => {
    const { id } = await create(MULTIPLE);
    expect(bodyOf(await act(id, capture(300)))).toMatchObject({
      status: "partially_captured_and_capturable",
      amountReceived: 300,
      amountCapturable: 700,
    });
    expect(bodyOf(await act(id, capture(null)))).toMatchObject({ status: "succeeded", amountReceived: 1000 });
    expect(await effects(id)).toEqual(["authorize 1000", "capture 300", "capture 700"]);
  });

  test("many, until one is final: the rest is released at the processor", async () => {
    const { id } = await create(MULTIPLE);
    await act(id, capture(300));
    expect(bodyOf(await act(id, capture(200, true)))).toMatchObject({
      status: "partially_captured",
      amountReceived: 500,
    });
    expect(await effects(id)).toEqual(["authorize 1000", "capture 300", "capture 200", "void 500"]);
  });

  test("more than is held: 400, nothing is sent", async () => {
    const { id } = await create(MANUAL);
    expect(await act(id, capture(1001))).toMatchObject({ ok: false, rejection: { code: "amount_too_large" } });
    expect(await effects(id)).toEqual(["authorize 1000"]);
  });

  test("two at once: one is executed, the other refused", async () => {
    const { id } = await create(MANUAL);
    const replies = await Promise.all([act(id, capture(600)), act(id, capture(600))]);
    expect(replies.filter((reply) => reply.ok)).toHaveLength(1);
    expect(replies.find((reply) => !reply.ok)).toMatchObject({ rejection: { code: "operation_in_progress" } });
    expect(await effects(id)).toEqual(["authorize 1000", "capture 600", "void 400"]);
  });
});

describe("cancel", () => {
  test("voids what is held", async () => {
    const { id } = await create(MANUAL);
    expect(bodyOf(await act(id, cancel))).toMatchObject({ status: "cancelled", amountCapturable: 0 });
    expect(await effects(id)).toEqual(["authorize 1000", "void 1000"]);
  });

  test("after a part was captured leaves it captured", async () => {
    const { id } = await create(MULTIPLE);
    await act(id, capture(300));
    expect(bodyOf(await act(id, cancel))).toMatchObject({ status: "partially_captured", amountReceived: 300 });
    expect(await effects(id)).toEqual(["authorize 1000", "capture 300", "void 700"]);
  });

  test("needs no processor where nothing is held", async () => {
    const { id } = await create({ confirm: false });
    expect(bodyOf(await act(id, cancel))).toMatchObject({ status: "cancelled" });
    expect(await effects(id)).toEqual([]);
  });

  test("that the processor refuses leaves the status as it was, with lastError", async () => {
    const { id } = await create({ ...MANUAL, number: "4000000000000341" });
    const reply = await act(id, cancel);
    expect(reply).toMatchObject({ ok: true, status: 200 });
    expect(bodyOf(reply)).toMatchObject({ status: "requires_capture", amountCapturable: 1000 });
    expect(bodyOf(reply).lastError).not.toBeNull();
    expect(await effects(id)).toEqual(["authorize 1000"]);
    expect(bodyOf(await act(id, capture(null)))).toMatchObject({ status: "succeeded", lastError: null });
  });
});

describe("refunds", () => {
  test("give back all that is left by default", async () => {
    const { id } = await create();
    await act(id, refund(300));
    const second = await act(id, refund(null));
    expect(second).toMatchObject({ ok: true, status: 201 });
    expect(bodyOf<RefundBody>(second)).toMatchObject({ status: "succeeded", amount: 700 });
    expect(await read(id)).toMatchObject({ status: "succeeded", amountReceived: 1000, amountRefunded: 1000 });
    expect(await act(id, refund(null))).toMatchObject({ ok: false, rejection: { code: "amount_too_large" } });
  });

  test("twenty at once never exceed what was captured", async () => {
    const { id } = await create();
    const replies = await Promise.all(Array.from({ length: 20 }, () => act(id, refund(300))));
    const done = (await sandboxLedger(id)).filter(({ operation }) => operation === "refund");
    expect(done.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(1000);
    expect(replies.filter((reply) => reply.ok)).toHaveLength(done.length);
    for (let tries = 0; tries < 5; tries++) await act(id, refund(300));
    expect((await effects(id)).filter((effect) => effect.startsWith("refund"))).toHaveLength(3);
  });

  test("that stay pending are reserved, not shown as refunded, and settle by alarm alone", async () => {
    const { id } = await create({ number: "4000000000005126" });
    const pending = bodyOf<RefundBody>(await act(id, refund(600)));
    expect(pending).toMatchObject({ status: "pending" });
    expect(await read(id)).toMatchObject({ amountRefunded: 0 });
    expect(await act(id, refund(600))).toMatchObject({ ok: false, rejection: { code: "amount_too_large" } });
    expect(await ringUntil(id, ({ amountRefunded }) => amountRefunded > 0)).toMatchObject({ amountRefunded: 600 });
    expect(bodyOf(await shard().readRefund(ADDRESS, pending.id))).toMatchObject({ status: "succeeded" });
  });

  test("that stay pending settle with the next sync", async () => {
    const { id } = await create({ number: "4000000000005126" });
    await act(id, refund(600));
    expect(bodyOf(await act(id, { type: "sync" }))).toMatchObject({ amountRefunded: 600 });
  });

  test("that fail free their amount again", async () => {
    const { id } = await create({ number: "4000000000007726" });
    const failed = bodyOf<RefundBody>(await act(id, refund(1000)));
    expect(failed.status).toBe("failed");
    expect(failed.errorMessage).not.toBeNull();
    expect(await act(id, refund(1000))).toMatchObject({ ok: true });
    expect(await read(id)).toMatchObject({ status: "succeeded", amountRefunded: 0 });
  });

  test("are listed newest first", async () => {
    const { id } = await create();
    for (const amount of [1, 2, 3]) await act(id, refund(amount));
    const page = bodyOf<{ data: RefundBody[]; hasMore: boolean; nextCursor: string }>(
      await shard().listRefunds(ADDRESS, id, { limit: 2, cursor: null }),
    );
    expect(page.data.map(({ amount }) => amount)).toEqual([3, 2]);
    expect(page.hasMore).toBe(true);
    const rest = bodyOf<{ data: RefundBody[]; hasMore: boolean }>(
      await shard().listRefunds(ADDRESS, id, { limit: 2, cursor: page.nextCursor }),
    );
    expect(rest).toMatchObject({ data: [{ amount: 1 }], hasMore: false, nextCursor: null });
  });
});

describe("a review", () => {
  const REVIEWED = "4000000000009235";

  test("holds the money until a person approves", async () => {
    const payment = await create({ number: REVIEWED });
    expect(payment).toMatchObject({ status: "requires_merchant_action", amountReceived: 0, amountCapturable: 0 });
    expect(bodyOf(await act(payment.id, { type: "approve" }))).toMatchObject({
      status: "succeeded",
      amountReceived: 1000,
    });
    expect(await effects(payment.id)).toEqual(["authorize 1000", "capture 1000"]);
  });

  test("that rejects gives the money back", async () => {
    const { id } = await create({ number: REVIEWED });
    expect(bodyOf(await act(id, { type: "reject" }))).toMatchObject({
      status: "failed",
      lastError: { category: "fraud" },
    });
    expect(await effects(id)).toEqual(["authorize 1000", "void 1000"]);
  });

  test("that approves a manual payment leaves it to be captured", async () => {
    const { id } = await create({ ...MANUAL, number: REVIEWED });
    expect(bodyOf(await act(id, { type: "approve" }))).toMatchObject({ status: "requires_capture" });
  });
});

describe("time", () => {
  test("ends an authorisation that nobody captured", async () => {
    const { id } = await create(MANUAL);
    await letTimePass(7 * 24 * HOUR - 60_000);
    expect(await read(id)).toMatchObject({ status: "requires_capture" });
    await letTimePass(120_000);
    expect(await read(id)).toMatchObject({ status: "expired", amountCapturable: 0 });
  });

  test("ends what is left of a partly captured authorisation", async () => {
    const { id } = await create(MULTIPLE);
    await act(id, capture(300));
    await letTimePass(7 * 24 * HOUR + 60_000);
    expect(await read(id)).toMatchObject({ status: "partially_captured", amountReceived: 300 });
  });

  test("ends a payment that nobody confirmed, after 24 hours", async () => {
    const { id } = await create({ confirm: false });
    await letTimePass(24 * HOUR - 60_000);
    expect(await read(id)).toMatchObject({ status: "requires_confirmation" });
    await letTimePass(120_000);
    expect(await read(id)).toMatchObject({ status: "expired" });
  });

  test("ends an abandoned challenge after 15 minutes, at the processor too", async () => {
    const { id } = await create({ number: "4000003800000446" });
    await letTimePass(14 * 60_000);
    expect(await read(id)).toMatchObject({ status: "requires_customer_action" });
    await letTimePass(2 * 60_000);
    expect(await read(id)).toMatchObject({ status: "expired", nextAction: {} });
    expect(await effects(id)).toEqual([]);
  });
});

describe("amounts", () => {
  test("zero only verifies the card, and moves nothing", async () => {
    const payment = await create({ details: { amount: 0 } });
    expect(payment).toMatchObject({ status: "succeeded", amountReceived: 0, amountCapturable: 0 });
    expect(await effects(payment.id)).toEqual([]);
  });

  test.each(["jpy", "gbp", "bhd"])("in %s are passed on in minor units, the largest too", async (currency) => {
    const payment = await create({ details: { amount: 999_999_999_999, currency } });
    expect(payment).toMatchObject({ status: "succeeded", amountReceived: 999_999_999_999, currency });
    expect(await effects(payment.id)).toEqual(["charge 999999999999"]);
  });
});

test("a stored payment is confirmed later, with another method", async () => {
  const { id } = await create({ method: null });
  expect(await read(id)).toMatchObject({ status: "requires_payment_method" });
  const missing = await act(id, { type: "confirm", changes: {}, method: null });
  expect(missing).toMatchObject({ ok: false, rejection: { code: "parameter_missing", param: "paymentMethod" } });
  const confirmed = await act(id, { type: "confirm", changes: { returnUrl: "https://shop.example" }, method: card() });
  expect(bodyOf(confirmed)).toMatchObject({ status: "succeeded", returnUrl: "https://shop.example" });
});

test("a stored card is confirmed later by itself", async () => {
  const { id } = await create({ confirm: false });
  expect(await read(id)).toMatchObject({ status: "requires_confirmation" });
  expect(bodyOf(await act(id, { type: "confirm", changes: {}, method: null }))).toMatchObject({ status: "succeeded" });
});

test("metadata merges, and an empty text removes", async () => {
  const { id } = await create({ details: { metadata: { a: "1", b: "2" } } });
  const changes = { metadata: { b: "", c: "3" } };
  expect(bodyOf(await act(id, { type: "update", changes, method: null }))["metadata"]).toEqual({ a: "1", c: "3" });
});

type EventRow = {
  sequence: number;
  hash: string;
  previousHash: string;
  from: string | null;
  to: string;
  created: string;
};

test("the event log has no gap, and a stranger can verify its chain", async () => {
  const { id, version } = await create(MULTIPLE);
  await act(id, capture(300));
  await act(id, capture(100, true));
  const { data } = bodyOf<{ data: EventRow[] }>(await shard().listEvents(ADDRESS, id, { limit: 100, cursor: null }));
  expect(data.map(({ sequence }) => sequence)).toEqual(data.map((_, index) => index + 1));
  expect((await read(id)).version).toBe(data.length);
  expect(version).toBeLessThan(data.length);
  let previous = "0".repeat(64);
  for (const { hash, ...event } of data) {
    expect(event.previousHash).toBe(previous);
    expect(hash).toBe(
      createHash("sha256")
        .update(`${previous}\n${canonicalJson(event)}`)
        .digest("hex"),
    );
    previous = hash;
  }
  expect(data[0]).toMatchObject({ from: null });
  const page = bodyOf<{ data: EventRow[] }>(await shard().listEvents(ADDRESS, id, { limit: 2, cursor: "2" }));
  expect(page.data).toEqual(data.slice(2, 4));
});

test("a payment can be read as of a version or a time", async () => {
  const { id } = await create(MULTIPLE);
  const before = await read(id);
  await letTimePass(HOUR);
  await act(id, capture(300));
  const asOf = async (point: { version: number } | { at: number }) => bodyOf(await shard().read(ADDRESS, id, point));
  expect(await asOf({ version: before.version })).toEqual(before);
  expect(await asOf({ at: Date.now() + HOUR / 2 })).toEqual(before);
  expect(await asOf({ at: Date.now() + 2 * HOUR })).toMatchObject({ amountReceived: 300 });
  expect(await shard().read(ADDRESS, id, { at: 0 })).toMatchObject({ ok: false, rejection: { code: "not_found" } });
});

test("the ledger balances and says what was held, taken and given back", async () => {
  const { id } = await create(MULTIPLE);
  await act(id, capture(700, true));
  await act(id, refund(200));
  type Entry = { operation: string; debit: string; credit: string; amount: number };
  const { data } = bodyOf<{ data: Entry[] }>(await shard().readLedger(ADDRESS, id, { limit: 100, cursor: null }));
  expect(data.map(({ operation, debit, credit, amount }) => `${operation} ${debit}>${credit} ${amount}`)).toEqual([
    "authorize customer>held 1000",
    "capture held>merchant 700",
    "void held>customer 300",
    "refund merchant>customer 200",
  ]);
});

test("every processor call is in the journal, with its key", async () => {
  const { id, attempts } = await create(MANUAL);
  await act(id, capture(400));
  type Call = { operation: string; status: string; idempotencyKey: string; outcome: string };
  const { data } = bodyOf<{ data: Call[] }>(await shard().listOperations(ADDRESS, id, { limit: 100, cursor: null }));
  const attempt = attempts[0]?.id;
  expect(data).toMatchObject([
    { operation: "authorize", status: "settled", idempotencyKey: attempt, outcome: "approved" },
    { operation: "capture", status: "settled", idempotencyKey: `${attempt}-c1`, outcome: "approved" },
    { operation: "void", status: "settled", idempotencyKey: `${attempt}-v1`, outcome: "approved" },
  ]);
});

test("a decline goes on at the next account, with a key of its own", async () => {
  await seedMore();
  const payment: PaymentBody = await create({ number: "4000000000009995" });
  expect(payment).toMatchObject({ status: "succeeded", connector: "b", lastError: null });
  expect(payment.attempts).toMatchObject([
    { connector: "sandbox", status: "failed" },
    { connector: "b", status: "charged" },
  ]);
  expect(await sandboxLedger(payment.id)).toMatchObject([{ account: "ca_b", idempotencyKey: payment.attempts[1]?.id }]);
});

test("a stolen card is tried nowhere else", async () => {
  await seedMore();
  const payment = await create({ number: "4000000000009979" });
  expect(payment.status).toBe("failed");
  expect(payment.attempts).toHaveLength(1);
});

async function seedMore(): Promise<void> {
  await env.DB.prepare("DELETE FROM connector_accounts").run();
  await seedAccounts({ label: "sandbox" }, { label: "b" });
}

test("a verification code is erased after 15 minutes, and the card still pays", async () => {
  const { id } = await create({ confirm: false });
  const stored = () =>
    runInDurableObject(shard(), (_, state) =>
      state.storage.sql.exec<{ card: string | null; cvc: string | null }>("SELECT card, cvc FROM secrets").toArray(),
    );
  expect(await stored()).toMatchObject([{ card: expect.stringMatching(/^v2\./), cvc: expect.stringMatching(/^v2\./) }]);
  await letTimePass(15 * 60_000 + 1000);
  expect(await stored()).toMatchObject([{ card: expect.stringMatching(/^v2\./), cvc: null }]);
  expect(bodyOf(await act(id, { type: "confirm", changes: {}, method: null }))).toMatchObject({ status: "succeeded" });
  expect(await stored()).toEqual([]);
});

test("nothing of a card is left once its authorisation has settled, whichever way", async () => {
  await create();
  await create({ number: "4000000000000002" });
  await create(MANUAL);
  const { id } = await create({ number: "4000003800000446" });
  await act(id, cancel);
  const left = await runInDurableObject(shard(), (_, state) =>
    state.storage.sql.exec("SELECT * FROM secrets").toArray(),
  );
  expect(left).toEqual([]);
});
