import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { PAYMENT_STATUSES } from "../../src/domain/rejection.ts";
import { project } from "../../src/projection/project.ts";
import { ownerOf } from "../../src/projection/record.ts";
import { prepareSql } from "../../src/projection/statement.ts";
import { openShardsQuery, sweep } from "../../src/projection/sweep.ts";
import { EPOCH_MS, nthPaymentId, recordOf } from "../support/payment-record.ts";

const NOW = EPOCH_MS + 3_600_000;
const OLD = NOW - 120_001;

/** Stands where the shards' namespace does and notes who is poked; those named in `broken` throw. */
function shardDirectory(broken: readonly string[] = []) {
  const poked: string[] = [];
  const getByName = (name: string) => ({
    async poke() {
      if (broken.includes(name)) throw new Error("shard away");
      poked.push(name);
    },
  });
  return { poked, bindings: { DB: env.DB, PAYMENT_SHARD: { getByName } } };
}

async function addMerchants(count: number): Promise<void> {
  for (let n = 1; n <= count; n += 1) {
    const insert = sql`INSERT INTO merchants (number, id, name, created) VALUES (${n}, ${`mer_${n}`}, 'M', 0)`;
    await prepareSql(env.DB, insert).run();
  }
}

test("a shard with a payment that is open for over two minutes is poked once, whatever its mode", async () => {
  await addMerchants(2);
  await project(env.DB, [
    recordOf(1, { status: "processing", created: OLD }),
    recordOf(2, { status: "requires_capture", created: OLD - 5000 }),
    recordOf(3, { id: nthPaymentId(3, 7), status: "processing", created: OLD, owner: ownerOf(2, "live") }),
  ]);
  const { poked, bindings } = shardDirectory();
  expect(await sweep(bindings, NOW)).toEqual({ poked: 2, failed: 0 });
  expect(poked.sort()).toEqual(["mer_1:test:0", "mer_2:live:7"]);
});

test.each(PAYMENT_STATUSES)("an old payment in %s is poked for exactly if it can still move", async (status) => {
  await addMerchants(1);
  await project(env.DB, [recordOf(1, { status, created: OLD })]);
  const terminal = ["succeeded", "partially_captured", "failed", "cancelled", "expired"].includes(status);
  expect((await sweep(shardDirectory().bindings, NOW)).poked).toBe(terminal ? 0 : 1);
});

test("a young payment is left to its shard's own alarm", async () => {
  await addMerchants(1);
  await project(env.DB, [recordOf(1, { status: "processing", created: NOW - 119_000 })]);
  expect((await sweep(shardDirectory().bindings, NOW)).poked).toBe(0);
});

test("a shard that fails does not keep the others from being poked", async () => {
  await addMerchants(12);
  const open = { status: "processing", created: OLD };
  await project(
    env.DB,
    Array.from({ length: 12 }, (_, n) => recordOf(n, { ...open, owner: ownerOf(n + 1, "test") })),
  );
  const { poked, bindings } = shardDirectory(["mer_1:test:0", "mer_6:test:0", "mer_12:test:0"]);
  expect(await sweep(bindings, NOW)).toEqual({ poked: 9, failed: 3 });
  expect(new Set(poked).size).toBe(9);
});

test("more shards than a run takes are all poked over the runs, and then again from the first", async () => {
  await addMerchants(2);
  const records = Array.from({ length: 450 }, (_, n) =>
    recordOf(n, {
      id: nthPaymentId(n, n % 225),
      owner: ownerOf(1 + Math.floor(n / 225), "test"),
      status: "processing",
      created: OLD,
    }),
  );
  await project(env.DB, records);
  const { poked, bindings } = shardDirectory();
  expect(await sweep(bindings, NOW)).toEqual({ poked: 200, failed: 0 });
  expect(await sweep(bindings, NOW)).toEqual({ poked: 200, failed: 0 });
  expect(await sweep(bindings, NOW)).toEqual({ poked: 50, failed: 0 });
  expect(new Set(poked).size).toBe(450);
  expect((await sweep(bindings, NOW)).poked).toBe(200);
  expect(new Set(poked).size).toBe(450);
});

test("a sweep reads a few rows a shard, however many payments are open", async () => {
  await addMerchants(1);
  const records = Array.from({ length: 3000 }, (_, n) =>
    recordOf(n, { id: nthPaymentId(n, n % 3), status: "requires_capture", created: OLD - n }),
  );
  await project(env.DB, records);
  const { meta, results } = await prepareSql(env.DB, openShardsQuery({ owner: -1, shard: -1 })).all();
  expect(results).toEqual(
    [0, 1, 2].map((shard) => ({ owner: 2, shard, merchantId: "mer_1", oldest: OLD - 2997 - shard })),
  );
  expect(meta.rows_read).toBeLessThan(40);
});
