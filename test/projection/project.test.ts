import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { project } from "../../src/projection/project.ts";
import { listPayments } from "../../src/projection/queries.ts";
import type { PaymentRecord } from "../../src/projection/record.ts";
import { EPOCH_MS, OWNER, recordOf } from "../support/payment-record.ts";

const first = { limit: 100, cursor: null };
const list = async (filters = {}) =>
  (await listPayments(env.DB, OWNER, filters, first)).bodies.map(({ body }) => JSON.parse(body));

async function metadataRows(): Promise<Record<string, string>> {
  const { results } = await env.DB.prepare("SELECT key, value FROM payment_metadata ORDER BY key").all<{
    key: string;
    value: string;
  }>();
  return Object.fromEntries(results.map(({ key, value }) => [key, value]));
}

test("a record that arrives twice is one row", async () => {
  await project(env.DB, [recordOf(1)]);
  await project(env.DB, [recordOf(1), recordOf(1)]);
  expect(await list()).toEqual([JSON.parse(recordOf(1).body)]);
});

test("a late record never takes a payment back", async () => {
  await project(env.DB, [recordOf(1, { version: 4, status: "succeeded" })]);
  await project(env.DB, [recordOf(1, { version: 2, status: "processing" })]);
  expect(await list()).toMatchObject([{ status: "succeeded", version: 4 }]);
  expect(await list({ status: "processing" })).toEqual([]);
});

test("of one payment's records in one call the newest stands, in whatever order", async () => {
  const versions = [3, 1, 4, 2].map((version) =>
    recordOf(1, { version, status: version === 4 ? "failed" : "processing" }),
  );
  await project(env.DB, versions);
  expect(await list({ status: "failed" })).toMatchObject([{ version: 4 }]);
  expect(await list()).toHaveLength(1);
});

test("no records are no work", async () => {
  await project(env.DB, []);
  expect(await list()).toEqual([]);
});

test.each([0, 1, 999_999_999_999])("the amount %d comes back exactly", async (amount) => {
  await project(env.DB, [recordOf(1, { amount })]);
  const row = await env.DB.prepare("SELECT amount, typeof(amount) AS type FROM payments").first();
  expect(row).toEqual({ amount, type: "integer" });
  expect(await list({ amountMin: amount, amountMax: amount })).toMatchObject([{ amount }]);
  expect(await list({ amountMin: amount + 1 })).toEqual([]);
  expect(await list({ amountMax: amount - 1 })).toEqual([]);
});

test("text of any script comes back byte for byte", async () => {
  const strange = `"\\'; DROP TABLE payments; -- \u0000 \u2028 é 漢字 😀 %_\n\t`;
  const body = JSON.stringify({ description: strange });
  await project(env.DB, [
    recordOf(1, { merchantReference: strange, metadata: { [strange]: strange, [`x${strange}`]: "" }, body }),
  ]);
  const found = await listPayments(
    env.DB,
    OWNER,
    { merchantReference: strange, metadata: { [strange]: strange } },
    first,
  );
  expect(found.bodies.map((row) => row.body)).toEqual([body]);
});

test("far more than D1 takes in one statement goes through one call", { timeout: 60_000 }, async () => {
  const pad = "x".repeat(500);
  const metadata = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`key${n}`, pad]));
  // 120 × 25 kB of metadata: 3 MB, more than one bound value may hold.
  await project(
    env.DB,
    Array.from({ length: 120 }, (_, n) => recordOf(n, { metadata })),
  );
  const counts = await env.DB.prepare(
    "SELECT (SELECT count(*) FROM payments) AS payments, (SELECT count(*) FROM payment_metadata) AS metadata",
  ).first();
  expect(counts).toEqual({ payments: 120, metadata: 6000 });
});

describe("metadata", () => {
  const said = (version: number, metadata: PaymentRecord["metadata"]) => recordOf(1, { version, metadata });

  test("stands as the newest record that says any says it", async () => {
    await project(env.DB, [said(1, { a: "1", b: "1" })]);
    expect(await metadataRows()).toEqual({ a: "1", b: "1" });
    await project(env.DB, [said(2, { a: "2", c: "2" })]);
    expect(await metadataRows()).toEqual({ a: "2", c: "2" });
  });

  test("is left alone by a record that brings none", async () => {
    await project(env.DB, [said(1, { a: "1" })]);
    await project(env.DB, [said(2, null)]);
    expect(await metadataRows()).toEqual({ a: "1" });
  });

  test("does not come back by a late record after its last key was removed", async () => {
    await project(env.DB, [said(1, { a: "1" })]);
    await project(env.DB, [said(3, {})]);
    await project(env.DB, [said(2, { a: "2" }), recordOf(2, { metadata: { z: "9" } })]);
    expect(await metadataRows()).toEqual({ z: "9" });
  });

  test("that a later record overtook is still taken, once, and keeps its place in the order", async () => {
    await project(env.DB, [said(5, null)]);
    await project(env.DB, [said(4, { a: "4" })]);
    await project(env.DB, [said(2, { a: "2" })]);
    await project(env.DB, [said(4, { a: "4" })]);
    expect(await metadataRows()).toEqual({ a: "4" });
    expect(await list({ metadata: { a: "4" } })).toMatchObject([{ version: 5 }]);
  });

  test("ends the same for any order of arrival, repeats and batches", { timeout: 60_000 }, async () => {
    const history = [
      said(1, { a: "1" }),
      said(2, null),
      said(3, { b: "3" }),
      said(4, {}),
      said(5, { c: "5" }),
      said(6, null),
    ];
    for (let seed = 1; seed <= 12; seed += 1) {
      await env.DB.batch([env.DB.prepare("DELETE FROM payments"), env.DB.prepare("DELETE FROM payment_metadata")]);
      const shuffled = shuffle([...history, ...history], seed);
      for (let at = 0; at < shuffled.length; at += 1 + (seed % 3)) {
        await project(env.DB, shuffled.slice(at, at + 1 + (seed % 3)));
      }
      expect(await metadataRows(), `seed ${seed}`).toEqual({ c: "5" });
      expect(await list()).toMatchObject([{ version: 6, created: new Date(EPOCH_MS + 1000).toISOString() }]);
    }
  });

  test("of one payment never shows in another's filter", async () => {
    await project(env.DB, [recordOf(1, { metadata: { a: "1" } }), recordOf(2, { metadata: { a: "2" } })]);
    expect(await list({ metadata: { a: "2" } })).toMatchObject([{ id: recordOf(2).id }]);
  });
});

test("a D1 that refuses to write is told to the caller, who may repeat", async () => {
  await env.DB.exec("ALTER TABLE payments RENAME TO away");
  await expect(project(env.DB, [recordOf(1, { metadata: { a: "1" } })])).rejects.toThrow();
  await env.DB.exec("ALTER TABLE away RENAME TO payments");
  expect(await metadataRows()).toEqual({});
  await project(env.DB, [recordOf(1, { metadata: { a: "1" } })]);
  expect(await list({ metadata: { a: "1" } })).toHaveLength(1);
});

test("a payment takes at most 0.8 kB of D1, all indexes counted", { timeout: 60_000 }, async () => {
  const bytes = async () => (await env.DB.prepare("SELECT 1").run()).meta.size_after;
  const before = await bytes();
  const count = 5000;
  await project(
    env.DB,
    Array.from({ length: count }, (_, n) =>
      recordOf(n, { customerId: `cus_${recordOf(n % 997).id.slice(6)}`, metadata: {} }),
    ),
  );
  const perPayment = ((await bytes()) - before) / count;
  console.log(`${Math.round(perPayment)} bytes a payment; its body alone was ${recordOf(1).body.length}`);
  expect(perPayment).toBeGreaterThan(200);
  expect(perPayment).toBeLessThan(800);
});

/** Fisher–Yates with a small generator, so that a failing order can be run again. */
function shuffle<T>(items: T[], seed: number): T[] {
  let state = seed;
  for (let left = items.length - 1; left > 0; left -= 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const other = state % (left + 1);
    [items[left], items[other]] = [items[other] as T, items[left] as T];
  }
  return items;
}
