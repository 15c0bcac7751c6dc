import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { listEvents } from "../../src/projection/events.ts";
import { updateEndpoint } from "../../src/projection/webhook-endpoints.ts";
import { TestMailbox } from "../support/mailbox.ts";
import { openReceiver, waitUntil } from "../support/receiver.ts";
import { ADDRESS, act, create, seedAccounts, shard } from "../support/shard.ts";

beforeEach(() => seedAccounts());
afterEach(() => vi.restoreAllMocks());

const OWNER = ADDRESS.merchantNumber * 2;

async function openMailbox(changes = {}): Promise<TestMailbox> {
  const mailbox = await TestMailbox.open({ merchantId: ADDRESS.merchantId, ...changes });
  // Shards run on the real clock here, so the mailbox does, too.
  await runInDurableObject(mailbox.stub, (instance) => {
    instance.clock = () => Date.now();
  });
  return mailbox;
}

async function storedEvents(): Promise<{ id: string; body: string }[]> {
  const rows = await listEvents(env.DB, OWNER, {}, { limit: 100, place: { after: 0 } });
  return rows.map(({ id, body }) => ({ id, body }));
}

function outboxSize(): Promise<number> {
  return runInDurableObject(
    shard(),
    (_, state) => state.storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM outbox").one().n,
  );
}

function ordinalsOf(payment: string, ids: string[]): number[] {
  const own = ids.filter((id) => id.startsWith(`evt_${payment.slice(4)}`));
  return own.filter((id, n) => id !== own[n - 1]).map((id) => Number.parseInt(id.slice(-3), 32));
}

function upTo(version: number): number[] {
  return Array.from({ length: version }, (_, n) => n + 1);
}

async function crash(): Promise<void> {
  await runInDurableObject(shard(), (_, state) => state.abort("crash")).catch(() => undefined);
}

test("every transition is one event: its sequence without a gap, its text that of the payment as it was then", async () => {
  const { id } = await create({ details: { captureMethod: "manual" } });
  await act(id, { type: "capture", amount: 700, final: null });
  await act(id, { type: "refund", amount: 100, reason: null, metadata: {} });
  await shard().flush(2_000);
  const stored = await storedEvents();
  const log = JSON.parse(
    ((await shard().listEvents(ADDRESS, id, { limit: 100, cursor: null })) as { body: string }).body,
  ).data;
  expect(stored.map(({ id }) => id)).toHaveLength(log.length);
  for (const [n, { id: eventId, body }] of stored.entries()) {
    const event = JSON.parse(body);
    const { sequence, type, created } = log[n];
    expect(event).toMatchObject({
      id: eventId,
      sequence,
      type,
      created,
      data: { payment: { id, version: sequence, clientSecret: "" } },
    });
    const then = (await shard().read(ADDRESS, id, { version: sequence })) as { body: string };
    expect({ ...event.data.payment, clientSecret: "" }).toEqual({ ...JSON.parse(then.body), clientSecret: "" });
  }
  expect(await outboxSize()).toBe(0);
});

test("with D1 away, webhooks go on; with the endpoint's object away, the read model does; afterwards both have all", async () => {
  const receiver = openReceiver();
  const mailbox = await openMailbox();
  const first = await create();
  await waitUntil(() => receiver.accepted.length === first.version);
  await runInDurableObject(shard(), (instance) => {
    const { DB } = (instance as unknown as { env: Env }).env;
    vi.spyOn(DB, "batch").mockImplementation(() => Promise.reject(new Error("D1_ERROR: D1 DB is overloaded")));
  });
  const second = await create();
  await waitUntil(() => ordinalsOf(second.id, receiver.accepted).length === second.version, "the webhooks");
  expect((await storedEvents()).filter(({ id }) => id.includes(second.id.slice(4)))).toEqual([]);
  vi.restoreAllMocks();

  const again = openReceiver();
  await runInDurableObject(shard(), (instance) => {
    const { WEBHOOK_ENDPOINT } = (instance as unknown as { env: Env }).env;
    vi.spyOn(WEBHOOK_ENDPOINT, "getByName").mockImplementation(() => {
      throw new Error("the object is overloaded");
    });
  });
  const third = await create();
  await waitUntil(
    async () => (await storedEvents()).length === first.version + second.version + third.version,
    "the read model",
  );
  expect(again.accepted).toEqual([]);
  expect(await outboxSize()).toBeGreaterThan(0);
  vi.restoreAllMocks();
  const last = openReceiver();
  await runDurableObjectAlarm(shard());
  await waitUntil(() => ordinalsOf(third.id, last.accepted).length === third.version);
  await waitUntil(async () => (await outboxSize()) === 0);
  expect((await mailbox.deliveries()).filter(({ status }) => status === "delivered")).toHaveLength(
    first.version + second.version + third.version,
  );
});

test("what D1 took without saying so is not there twice, and nothing is delivered twice because of it", async () => {
  const receiver = openReceiver();
  const first = await create();
  await shard().flush(2_000);
  await openMailbox({ activeSince: Date.now() });
  await runInDurableObject(shard(), (instance) => {
    const { DB } = (instance as unknown as { env: Env }).env;
    const real = DB.batch.bind(DB);
    let failures = 0;
    vi.spyOn(DB, "batch").mockImplementation(async (statements: D1PreparedStatement[]) => {
      const results = await real(statements);
      if (failures++ < 2) throw new Error("D1_ERROR: Network connection lost");
      return results;
    });
  });
  const payment = await create();
  await waitUntil(() => receiver.accepted.length === payment.version);
  await waitUntil(async () => (await outboxSize()) === 0);
  const stored = (await storedEvents()).map(({ body }) => JSON.parse(body).sequence);
  expect(stored).toEqual([...upTo(first.version), ...upTo(payment.version)]);
  await scheduler.wait(50);
  expect(receiver.accepted).toHaveLength(payment.version);
});

describe("an instance of the shard that dies", () => {
  test.each([0, 5, 15, 30, 60, 110])(
    "%i ms after its commits loses no event, and keeps each payment's order",
    async (ms) => {
      const receiver = openReceiver();
      const mailbox = await openMailbox();
      const payments = [await create(), await create()];
      await act(payments[0]?.id ?? "", { type: "refund", amount: 100, reason: null, metadata: {} });
      await scheduler.wait(ms);
      await crash();
      const versions = await Promise.all(
        payments.map(
          async ({ id }) =>
            JSON.parse(((await shard().read(ADDRESS, id, null)) as { body: string }).body).version as number,
        ),
      );
      const total = versions.reduce((sum, version) => sum + version, 0);
      await waitUntil(async () => {
        await runDurableObjectAlarm(shard());
        return (
          new Set(receiver.accepted).size === total &&
          (await storedEvents()).length === total &&
          (await outboxSize()) === 0
        );
      }, "everything");
      for (const [n, { id }] of payments.entries())
        expect(ordinalsOf(id, receiver.accepted)).toEqual(upTo(versions[n] ?? 0));
      expect(await mailbox.deliveries()).toHaveLength(total);
    },
  );
});

describe("an endpoint", () => {
  test("that D1 had when it took the events gets them, though the shard had never heard of it", async () => {
    const receiver = openReceiver();
    const before = await create();
    await shard().flush(2_000);
    await openMailbox({ activeSince: Date.now() });
    const payment = await create();
    await waitUntil(() => receiver.accepted.length === payment.version);
    expect(ordinalsOf(before.id, receiver.accepted)).toEqual([]);
    expect(ordinalsOf(payment.id, receiver.accepted)).toEqual(upTo(payment.version));
  });

  test("that is younger than a payment gets what happens to it from then on", async () => {
    const receiver = openReceiver();
    const payment = await create();
    await shard().flush(2_000);
    await scheduler.wait(5);
    await openMailbox({ activeSince: Date.now() });
    await act(payment.id, { type: "refund", amount: 100, reason: null, metadata: {} });
    await waitUntil(() => receiver.accepted.length === 2, "the refund");
    expect(ordinalsOf(payment.id, receiver.accepted)).toEqual([payment.version + 1, payment.version + 2]);
  }, 10_000);

  test("that is disabled gets nothing more, and is not waited for", async () => {
    const receiver = openReceiver();
    const mailbox = await openMailbox();
    await create();
    await waitUntil(() => receiver.accepted.length > 0);
    await waitUntil(async () => (await outboxSize()) === 0);
    const before = receiver.accepted.length;
    await updateEndpoint(env.DB, { merchantId: ADDRESS.merchantId, mode: "test" }, mailbox.id, { enabled: false });
    await mailbox.stub.refresh(mailbox.id);
    await create();
    await waitUntil(async () => (await outboxSize()) === 0);
    expect(receiver.accepted).toHaveLength(before);
  });

  test("of another mode or merchant gets nothing", async () => {
    const receiver = openReceiver();
    await openMailbox({ mode: "live" });
    await openMailbox({ merchantId: "mer_other" });
    await create();
    await shard().flush(2_000);
    await waitUntil(async () => (await outboxSize()) === 0);
    await scheduler.wait(50);
    expect(receiver.received).toEqual([]);
  });
});
