import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { FaultPoint } from "../../src/durable/fault-points.ts";
import {
  ADDRESS,
  act,
  bodyOf,
  create,
  createInput,
  read,
  ringUntil,
  sandboxLedger,
  seedAccounts,
  shard,
} from "../support/shard.ts";

beforeEach(() => seedAccounts());

const POINTS: FaultPoint[] = ["before_intent", "after_intent", "after_call", "after_outcome"];

/** Ends the shard's instance, as a crash would, the first time that it comes to `point`. The next one does not know. */
async function crashAt(point: FaultPoint): Promise<void> {
  await runInDurableObject(shard(), (instance, state) => {
    instance.observer = async (reached) => {
      if (reached !== point) return;
      // What was committed before this step is durable: without this, the crash would come a step earlier.
      await state.storage.sync();
      state.abort(`crash ${point}`);
    };
  });
}

describe.each(POINTS)("a create whose instance dies %s", (point) => {
  test("is resumed by the merchant's retry, executed once", async () => {
    const input = createInput({ key: `crash-${point}` });
    await crashAt(point);
    await expect(shard().create(ADDRESS, input)).rejects.toThrow();
    const reply = await shard().create(ADDRESS, input);
    expect(bodyOf(reply)).toMatchObject({ status: "succeeded", amountReceived: 1000 });
    expect(await sandboxLedger(input.paymentId)).toHaveLength(1);
    expect(await shard().create(ADDRESS, input)).toMatchObject({ replayed: true, body: reply.ok && reply.body });
  });

  test("comes right by its alarm alone, once its intent was written", async () => {
    const input = createInput();
    await crashAt(point);
    await expect(shard().create(ADDRESS, input)).rejects.toThrow();
    if (point === "before_intent") {
      expect(await shard().read(ADDRESS, input.paymentId, null)).toMatchObject({ ok: false });
      expect(await sandboxLedger(input.paymentId)).toEqual([]);
      return;
    }
    const payment = await ringUntil(input.paymentId, ({ status }) => status !== "processing");
    expect(payment).toMatchObject({ status: "succeeded", amountReceived: 1000 });
    expect(await sandboxLedger(input.paymentId)).toHaveLength(1);
  });
});

describe.each(POINTS)("a capture, then a refund, whose instance dies %s", (point) => {
  test("each has one effect", async () => {
    const { id } = await create({ details: { captureMethod: "manual" } });
    await crashAt(point);
    await expect(act(id, { type: "capture", amount: 700, final: null }, "c")).rejects.toThrow();
    const captured = bodyOf(await act(id, { type: "capture", amount: 700, final: null }, "c"));
    expect(captured).toMatchObject({ status: "partially_captured", amountReceived: 700 });
    await crashAt(point);
    await expect(act(id, { type: "refund", amount: 200, reason: null, metadata: {} }, "r")).rejects.toThrow();
    const refund = bodyOf(await act(id, { type: "refund", amount: 200, reason: null, metadata: {} }, "r"));
    expect(refund).toMatchObject({ status: "succeeded", amount: 200, paymentId: id });
    const effects = (await sandboxLedger(id)).map(({ operation, amount }) => `${operation} ${amount}`);
    expect(effects).toEqual(["authorize 1000", "capture 700", "void 300", "refund 200"]);
    expect(await read(id)).toMatchObject({ status: "partially_captured", amountReceived: 700, amountRefunded: 200 });
  });
});

test("a card that times out but was charged ends as succeeded, by alarm alone", async () => {
  const payment = await create({ number: "4000000000000259" });
  expect(payment).toMatchObject({ status: "processing", amountReceived: 0 });
  const settled = await ringUntil(payment.id, ({ status }) => status !== "processing");
  expect(settled).toMatchObject({ status: "succeeded", amountReceived: 1000 });
  expect(await sandboxLedger(payment.id)).toHaveLength(1);
});

test("a card that times out and was not charged ends as failed, by alarm alone", async () => {
  const payment = await create({ number: "4000000000000267" });
  expect(payment).toMatchObject({ status: "processing", amountReceived: 0 });
  const settled = await ringUntil(payment.id, ({ status }) => status !== "processing");
  expect(settled).toMatchObject({ status: "failed", lastError: { category: "processor_unavailable" } });
  expect(await sandboxLedger(payment.id)).toEqual([]);
});

test("twins of a create that times out all get the payment as processing, and so does a later replay", async () => {
  const input = createInput({ number: "4000000000000259", key: "silent" });
  const replies = await Promise.all([1, 2, 3].map(() => shard().create(ADDRESS, input)));
  const bodies = new Set(replies.map((reply) => (reply.ok ? reply.body : reply.rejection.code)));
  expect([...bodies].map((body) => JSON.parse(body).status)).toEqual(["processing"]);
  await ringUntil(input.paymentId, ({ status }) => status === "succeeded");
  const again = await shard().create(ADDRESS, input);
  expect(again).toMatchObject({ ok: true, replayed: true, body: [...bodies][0] });
});

test("while an outcome is unknown nothing else is sent: 409, and sync resolves it at once", async () => {
  const { id } = await create({ number: "4000000000000259" });
  const refused = await act(id, { type: "cancel", reason: null });
  expect(refused).toMatchObject({ ok: false, rejection: { code: "operation_in_progress" } });
  expect(bodyOf(await act(id, { type: "sync" }))).toMatchObject({ status: "succeeded" });
});

test("where a second account exists, a time-out that was not charged goes on there", { timeout: 20_000 }, async () => {
  await env.DB.prepare("DELETE FROM connector_accounts").run();
  await seedAccounts({ label: "sandbox" }, { label: "b" });
  const payment = await create({ number: "4000000000000267" });
  expect(payment.status).toBe("processing");
  const settled = await ringUntil(payment.id, ({ status }) => status !== "processing");
  expect(settled.attempts).toMatchObject([
    { connector: "sandbox", status: "failed" },
    { connector: "b", status: "failed" },
  ]);
  expect(await sandboxLedger(payment.id)).toEqual([]);
});
