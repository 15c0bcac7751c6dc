import { beforeEach, expect, test } from "vitest";
import {
  act,
  bodyOf,
  create,
  createInput,
  read,
  sandboxLedger,
  seedAccounts,
  shard,
  ADDRESS,
} from "../support/shard.ts";

beforeEach(() => seedAccounts());

test("a sale with an approved card succeeds, with one entry in the processor's books", async () => {
  const payment = await create();
  expect(payment).toMatchObject({
    status: "succeeded",
    amountReceived: 1000,
    amountCapturable: 0,
    connector: "sandbox",
    paymentMethod: "card",
    paymentMethodType: "credit",
    nextAction: {},
    metadata: {},
    lastError: null,
  });
  expect(payment.attempts).toMatchObject([{ status: "charged", connector: "sandbox" }]);
  const ledger = await sandboxLedger(payment.id);
  expect(ledger).toMatchObject([{ operation: "charge", amount: 1000, idempotencyKey: payment.attempts[0]?.id }]);
});

test("a merchant reads what was answered", async () => {
  const payment = await create();
  expect(await read(payment.id)).toEqual(payment);
});

test.each([
  ["4000000000000002", "do_not_honor"],
  ["4000000000009995", "insufficient_funds"],
  ["4000000000009987", "lost_or_stolen"],
  ["4000000000009979", "lost_or_stolen"],
  ["4000000000000069", "expired_card"],
  ["4000000000000127", "incorrect_cvc"],
  ["4000000000000119", "processor_unavailable"],
])("card %s ends as failed: %s", async (number, category) => {
  const payment = await create({ number });
  expect(payment).toMatchObject({ status: "failed", amountReceived: 0, lastError: { category } });
  expect(await sandboxLedger(payment.id)).toEqual([]);
});

test("manual capture holds the money until it is captured", async () => {
  const payment = await create({ details: { captureMethod: "manual" } });
  expect(payment).toMatchObject({ status: "requires_capture", amountCapturable: 1000, amountReceived: 0 });
  const captured = bodyOf(await act(payment.id, { type: "capture", amount: 400, final: null }));
  expect(captured).toMatchObject({ status: "partially_captured", amountReceived: 400, amountCapturable: 0 });
  expect((await sandboxLedger(payment.id)).map(({ operation, amount }) => [operation, amount])).toEqual([
    ["authorize", 1000],
    ["capture", 400],
    ["void", 600],
  ]);
});

test("50 concurrent twins make one payment, one entry in the books, and get 50 equal bodies", async () => {
  const input = createInput({ key: "twins" });
  const replies = await Promise.all(Array.from({ length: 50 }, () => shard().create(ADDRESS, input)));
  const bodies = replies.map((reply) => (reply.ok ? reply.body : reply.rejection.code));
  expect(new Set(bodies).size).toBe(1);
  expect(replies.filter((reply) => reply.ok && !reply.replayed)).toHaveLength(1);
  expect(await sandboxLedger(input.paymentId)).toHaveLength(1);
});

test("the same key with another body is refused", async () => {
  const input = createInput({ key: "k" });
  await shard().create(ADDRESS, input);
  const reply = await shard().create(ADDRESS, {
    ...input,
    idempotency: { ...input.idempotency!, fingerprint: "0".repeat(32) },
  });
  expect(reply).toMatchObject({ ok: false, rejection: { code: "idempotency_key_reused" } });
});
