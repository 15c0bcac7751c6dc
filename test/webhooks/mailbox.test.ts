import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { deleteEndpoint, updateEndpoint } from "../../src/projection/webhook-endpoints.ts";
import { RETRY_DELAYS_MS } from "../../src/webhooks/retry-schedule.ts";
import { eventOf, HOUR_MS, newPayment, START, TestMailbox } from "../support/mailbox.ts";
import { openReceiver, waitUntil } from "../support/receiver.ts";

afterEach(() => vi.restoreAllMocks());

const OWNER = { merchantId: "mer_test", mode: "test" } as const;
const DAY_MS = 24 * HOUR_MS;

function idsOf(payment: string, ...sequences: number[]): string[] {
  return sequences.map((sequence) => `evt_${payment.slice(4)}${sequence.toString(32).padStart(3, "0")}`);
}

describe("intake", () => {
  test("an event that comes again and again is delivered once", async () => {
    const receiver = openReceiver();
    const mailbox = await TestMailbox.open();
    const payment = newPayment();
    const events = [1, 2, 3].map((sequence) => eventOf(payment, sequence));
    await mailbox.accept(...events);
    await mailbox.accept(...events);
    await waitUntil(async () => (await mailbox.deliveries()).every(({ status }) => status === "delivered"));
    await mailbox.crash();
    await mailbox.accept(...events, eventOf(payment, 4));
    await waitUntil(() => receiver.received.length >= 4);
    await mailbox.accept(...events);
    await scheduler.wait(100);
    expect(receiver.accepted).toEqual(idsOf(payment, 1, 2, 3, 4));
  });

  test.each([[[[3], [1], [2]]], [[[2, 1], [4], [3]]], [[[1], [3], [3], [2], [2, 4], [1]]], [[[1], [4, 3], [2]]]])(
    "events that come in the order %j go out in the order of their sequence",
    async (batches) => {
      const receiver = openReceiver();
      const mailbox = await TestMailbox.open();
      const payment = newPayment();
      const all = new Set(batches.flat());
      for (const batch of batches) await mailbox.accept(...batch.map((sequence) => eventOf(payment, sequence)));
      await mailbox.runUntil(mailbox.now + 5_000);
      await waitUntil(() => receiver.accepted.length >= all.size);
      expect(receiver.accepted).toEqual(idsOf(payment, ...[...all].toSorted((a, b) => a - b)));
    },
  );

  test("an event that is missing holds its payment back for a minute, and never another payment", async () => {
    const receiver = openReceiver();
    const mailbox = await TestMailbox.open();
    const [one, other] = [newPayment(), newPayment()];
    await mailbox.accept(eventOf(one, 1), eventOf(one, 3), eventOf(other, 1));
    await waitUntil(() => receiver.accepted.length === 2);
    await mailbox.ringAt(mailbox.now + 59_000);
    expect(receiver.accepted.toSorted()).toEqual([...idsOf(one, 1), ...idsOf(other, 1)].toSorted());
    await mailbox.ringAt(START + 60_000);
    await waitUntil(() => receiver.accepted.length === 3);
    expect(receiver.accepted.at(-1)).toBe(idsOf(one, 3)[0]);
    // Late, but never lost.
    await mailbox.accept(eventOf(one, 2));
    await waitUntil(() => receiver.accepted.length === 4);
  });

  test("what the filter leaves out is not delivered, and not waited for", async () => {
    const receiver = openReceiver();
    const mailbox = await TestMailbox.open();
    const payment = newPayment();
    await mailbox.accept(eventOf(payment, 1, { body: null }), eventOf(payment, 4), eventOf(payment, 3, { body: null }));
    await scheduler.wait(50);
    expect(receiver.accepted).toEqual([]);
    await mailbox.accept(eventOf(payment, 2, { body: null }));
    await waitUntil(() => receiver.accepted.length === 1);
    expect(receiver.accepted).toEqual(idsOf(payment, 4));
    expect(await mailbox.deliveries()).toHaveLength(1);
  });
});

describe("retries", () => {
  test("follow the schedule, never earlier, at most a fifth later; then the event is given up and the next has its turn", async () => {
    const times: number[] = [];
    const payment = newPayment();
    const mailbox = await TestMailbox.open();
    const receiver = openReceiver("shop", ({ event }) => {
      if (event.sequence === 1) times.push(mailbox.now);
      return new Response("broken", { status: event.sequence === 1 ? 500 : 200 });
    });
    await mailbox.accept(eventOf(payment, 1), eventOf(payment, 2));
    await waitUntil(() => times.length === 1);
    await scheduler.wait(20);
    await mailbox.runUntil(START + 4.9 * DAY_MS);
    await waitUntil(() => receiver.accepted.length === 1);
    expect(times).toHaveLength(RETRY_DELAYS_MS.length + 1);
    for (const [n, delay] of RETRY_DELAYS_MS.entries()) {
      const waited = (times[n + 1] ?? 0) - (times[n] ?? 0);
      expect(waited).toBeGreaterThanOrEqual(delay);
      expect(waited).toBeLessThanOrEqual(delay * 1.2);
    }
    const [second, first] = await mailbox.deliveries();
    expect(first).toMatchObject({ status: "failed", nextAttempt: null });
    expect(first?.attempts).toHaveLength(10);
    expect(first?.attempts[0]).toMatchObject({ status: 500, answer: "broken", error: null, at: START });
    expect(second).toMatchObject({ status: "delivered", sequence: 2 });
  });

  test("an endpoint that is down for three days gets everything afterwards, in order, each id accepted once", async () => {
    let isUp = false;
    const mailbox = await TestMailbox.open();
    const receiver = openReceiver("shop", () => new Response(null, { status: isUp ? 204 : 503 }));
    const payments = Array.from({ length: 12 }, newPayment);
    for (const [n, payment] of payments.entries()) {
      await mailbox.runUntil(START + n * 5 * HOUR_MS);
      await mailbox.accept(...[1, 2, 3].map((sequence) => eventOf(payment, sequence)));
      await waitUntil(() => receiver.received.some(({ event }) => event.data.payment.id === payment));
      await scheduler.wait(20);
      if (n % 3 === 1) await mailbox.crash();
    }
    await mailbox.runUntil(START + 72 * HOUR_MS);
    expect(receiver.accepted).toEqual([]);
    expect(await mailbox.row()).toMatchObject({ enabled: true });
    isUp = true;
    await mailbox.runUntil(START + 110 * HOUR_MS);
    await waitUntil(() => receiver.accepted.length === 36, "everything");
    expect(new Set(receiver.accepted).size).toBe(36);
    for (const payment of payments) {
      const own = receiver.accepted.filter((id) => id.startsWith(`evt_${payment.slice(4)}`));
      expect(own).toEqual(idsOf(payment, 1, 2, 3));
    }
    expect((await mailbox.deliveries()).every(({ status }) => status === "delivered")).toBe(true);
  });

  test("five days without anything that comes through disable the endpoint, and D1 knows it", async () => {
    const mailbox = await TestMailbox.open();
    const receiver = openReceiver("shop", () => new Response(null, { status: 500 }));
    for (let day = 0; day <= 5; day++) {
      await mailbox.accept(eventOf(newPayment(), 1));
      await waitUntil(() => receiver.received.length > 0);
      await scheduler.wait(20);
      expect(await mailbox.row()).toMatchObject({ enabled: true, disabledReason: null });
      await mailbox.runUntil(START + Math.min((day + 1) * DAY_MS, 5 * DAY_MS - 1));
    }
    mailbox.now = START + 5 * DAY_MS;
    await mailbox.accept(eventOf(newPayment(), 1));
    await waitUntil(async () => (await mailbox.row())?.enabled === false, "the end");
    expect(await mailbox.row()).toMatchObject({ enabled: false, disabledReason: "failing" });
    const before = receiver.received.length;
    await mailbox.ringAt(START + 6 * DAY_MS);
    expect(receiver.received).toHaveLength(before);
  });

  test("a success in between begins the five days anew", async () => {
    const mailbox = await TestMailbox.open();
    const receiver = openReceiver("shop", (_, n) => new Response(null, { status: n % 2 === 0 ? 200 : 500 }));
    for (let day = 0; day < 8; day++) {
      await mailbox.accept(eventOf(newPayment(), 1));
      await scheduler.wait(30);
      await mailbox.runUntil(START + (day + 1) * DAY_MS);
    }
    expect(receiver.accepted.length).toBeGreaterThan(0);
    expect(await mailbox.row()).toMatchObject({ enabled: true });
  });

  test.each([
    ["seconds", "3600", HOUR_MS],
    ["a date", new Date(START + 2 * HOUR_MS).toUTCString(), 2 * HOUR_MS],
    ["more than a day", String(10 * 86_400), DAY_MS],
    ["less than the schedule says", "1", 5_000],
    ["nonsense", "soon", 5_000],
  ])("Retry-After in %s is honoured within bounds", async (_, value, expected) => {
    const mailbox = await TestMailbox.open();
    openReceiver("shop", () => new Response(null, { status: 500, headers: { "retry-after": value } }));
    await mailbox.accept(eventOf(newPayment(), 1));
    await waitUntil(async () => (await mailbox.deliveries())[0]?.attempts.length === 1);
    const due = (await mailbox.nextDueAt()) ?? 0;
    expect(due - START).toBeGreaterThanOrEqual(expected);
    expect(due - START).toBeLessThanOrEqual(expected * 1.2);
  });

  test("a receiver that says 429 is left in peace by every payment until then", async () => {
    const mailbox = await TestMailbox.open();
    const receiver = openReceiver("shop", (_, n) =>
      n === 1 ? new Response(null, { status: 429, headers: { "retry-after": "60" } }) : new Response(),
    );
    await mailbox.accept(eventOf(newPayment(), 1));
    await waitUntil(async () => (await mailbox.deliveries())[0]?.attempts.length === 1);
    await mailbox.accept(eventOf(newPayment(), 1));
    await mailbox.ringAt(START + 59_000);
    expect(receiver.received).toHaveLength(1);
    await mailbox.ringAt(START + 73_000);
    await waitUntil(() => receiver.accepted.length === 2);
  });
});

describe("one payment and the others", () => {
  test("a payment's event is out alone; others pass it, at most five at once", async () => {
    const slow = newPayment();
    const out = new Set<string>();
    let most = 0;
    const release = Promise.withResolvers<void>();
    const mailbox = await TestMailbox.open();
    const receiver = openReceiver("shop", async ({ event }) => {
      const { id } = event.data.payment;
      expect(out.has(id)).toBe(false);
      out.add(id);
      most = Math.max(most, out.size);
      if (id === slow) await Promise.race([release.promise, scheduler.wait(1_000)]);
      else await scheduler.wait(5);
      out.delete(id);
      return new Response();
    });
    const others = Array.from({ length: 20 }, newPayment);
    await mailbox.accept(...[slow, ...others].flatMap((payment) => [1, 2].map((n) => eventOf(payment, n))));
    await waitUntil(() => receiver.accepted.length === 40, "the others");
    expect(receiver.accepted.some((id) => id.startsWith(`evt_${slow.slice(4)}`))).toBe(false);
    release.resolve();
    await waitUntil(() => receiver.accepted.length === 42);
    expect(most).toBe(5);
  });

  test("one payment's failure does not hold back another's event, but its own next one", async () => {
    const bad = newPayment();
    const good = newPayment();
    const mailbox = await TestMailbox.open();
    const receiver = openReceiver(
      "shop",
      ({ event }) => new Response(null, { status: event.data.payment.id === bad ? 500 : 200 }),
    );
    await mailbox.accept(...[1, 2].flatMap((n) => [eventOf(bad, n), eventOf(good, n)]));
    await waitUntil(() => receiver.accepted.length === 2);
    expect(receiver.accepted).toEqual(idsOf(good, 1, 2));
    expect(
      receiver.received.filter(({ event }) => event.data.payment.id === bad).map(({ event }) => event.sequence),
    ).toEqual([1]);
  });
});

describe("crashes", () => {
  test.each(["before_send", "after_send", "after_settle"] as const)(
    "an instance that dies %s loses nothing and keeps the order",
    async (point) => {
      const receiver = openReceiver();
      const mailbox = await TestMailbox.open();
      const payments = [newPayment(), newPayment(), newPayment()];
      await mailbox.settle();
      mailbox.crashAt(point);
      await mailbox
        .accept(...payments.flatMap((payment) => [1, 2, 3].map((n) => eventOf(payment, n))))
        .catch(() => undefined);
      await waitUntil(async () => {
        await mailbox.ringAt(mailbox.now + 1_000).catch(() => undefined);
        return new Set(receiver.accepted).size === 9;
      }, "everything");
      expect(mailbox.crashes).toBe(3);
      for (const payment of payments) {
        const own = receiver.accepted.filter((id) => id.startsWith(`evt_${payment.slice(4)}`));
        // Accepted again at the most where the answer was lost: then the next one has not gone out yet.
        expect(own.filter((id, n) => id !== own[n - 1])).toEqual(idsOf(payment, 1, 2, 3));
      }
      await waitUntil(async () => {
        await mailbox.ringAt(mailbox.now + 1_000).catch(() => undefined);
        return (await mailbox.deliveries()).every(({ status }) => status === "delivered");
      });
      const bodies = new Map(receiver.received.map(({ headers, body }) => [headers.get("webhook-id"), body]));
      for (const { headers, body } of receiver.received) expect(bodies.get(headers.get("webhook-id"))).toBe(body);
    },
  );

  test("an endpoint that nobody calls any more is woken by its alarm", async () => {
    const mailbox = await TestMailbox.open();
    const receiver = openReceiver("shop", (_, n) => new Response(null, { status: n === 1 ? 500 : 200 }));
    await mailbox.accept(eventOf(newPayment(), 1));
    await waitUntil(async () => (await mailbox.deliveries())[0]?.attempts.length === 1);
    await mailbox.crash();
    const alarm = await runInDurableObject(mailbox.stub, (_, state) => state.storage.getAlarm());
    expect(alarm).not.toBeNull();
    await mailbox.ringAt(START + 6_001);
    await waitUntil(() => receiver.accepted.length === 1);
  });
});

test("the endpoint's own settings are read again where they changed, and kept where D1 is away", async () => {
  const receiver = openReceiver("elsewhere");
  const mailbox = await TestMailbox.open();
  await updateEndpoint(env.DB, OWNER, mailbox.id, { url: receiver.url });
  await mailbox.stub.refresh(mailbox.id);
  await runInDurableObject(mailbox.stub, (instance) => {
    vi.spyOn((instance as unknown as { env: Env }).env.DB, "prepare").mockImplementation(() => {
      throw new Error("D1_ERROR: Network connection lost");
    });
  });
  await mailbox.accept(eventOf(newPayment(), 1));
  await waitUntil(() => receiver.accepted.length === 1);
});

test("an address that must not be called is not called, though it stands in D1", async () => {
  const receiver = openReceiver();
  const mailbox = await TestMailbox.open({ url: "https://10.0.0.1/webhooks" });
  const spy = vi.mocked(globalThis.fetch);
  await mailbox.accept(eventOf(newPayment(), 1));
  await waitUntil(async () => (await mailbox.deliveries())[0]?.attempts.length === 1);
  expect((await mailbox.deliveries())[0]?.attempts[0]).toMatchObject({
    status: null,
    error: expect.stringContaining("not sent"),
  });
  expect(receiver.received).toEqual([]);
  expect(spy.mock.calls).toEqual([]);
});

test("deliveries that are over can be looked up for thirty days, and those that are not for longer", async () => {
  const mailbox = await TestMailbox.open();
  const receiver = openReceiver();
  await mailbox.accept(eventOf(newPayment(), 1));
  await waitUntil(() => receiver.accepted.length === 1);
  await waitUntil(async () => (await mailbox.deliveries())[0]?.status === "delivered");
  await mailbox.ringAt(START + 30 * DAY_MS - 1000);
  expect(await mailbox.deliveries()).toHaveLength(1);
  await mailbox.ringAt(START + 30 * DAY_MS + 1000);
  expect(await mailbox.deliveries()).toHaveLength(0);
});

test("an endpoint that was deleted forgets everything, and takes nothing more", async () => {
  const receiver = openReceiver("shop", () => new Response(null, { status: 500 }));
  const mailbox = await TestMailbox.open();
  const payment = newPayment();
  await mailbox.accept(eventOf(payment, 1));
  await waitUntil(async () => (await mailbox.deliveries())[0]?.attempts.length === 1);
  await deleteEndpoint(env.DB, OWNER, mailbox.id);
  await mailbox.stub.erase();
  expect(await mailbox.deliveries()).toEqual([]);
  expect(await mailbox.nextDueAt()).toBeNull();
  await mailbox.accept(eventOf(payment, 2));
  await mailbox.ringAt(START + HOUR_MS);
  expect(receiver.received).toHaveLength(1);
  expect(await mailbox.deliveries()).toEqual([]);
});
