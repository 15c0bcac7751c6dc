import { env } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { decodeCursor } from "../../src/projection/cursor.ts";
import { project } from "../../src/projection/project.ts";
import { type PaymentFilters, listPayments, listQuery } from "../../src/projection/queries.ts";
import { type PaymentRecord, ownerOf } from "../../src/projection/record.ts";
import { prepareSql } from "../../src/projection/statement.ts";
import { EPOCH_MS, OWNER, nthPaymentId, recordOf } from "../support/payment-record.ts";

const EACH: Required<Omit<PaymentFilters, "metadata">> = {
  status: "succeeded",
  currency: "gbp",
  connector: "sandbox",
  customerId: "cus_1",
  merchantReference: "order 1",
  createdFrom: EPOCH_MS + 1000,
  createdTo: EPOCH_MS + 60_000,
  amountMin: 500,
  amountMax: 1500,
};
/** These tests do much; a loaded machine may take its time. */
const LONG_MS = 60_000;
const METADATA = [undefined, { colour: "red" }, { colour: "red", size: "xl" }] as const;

/** Every combination of filters, without and with metadata. */
function* combinations(): Generator<PaymentFilters> {
  const names = Object.keys(EACH) as (keyof typeof EACH)[];
  for (let bits = 0; bits < 2 ** names.length; bits += 1) {
    const chosen = names.filter((_, n) => (bits >> n) & 1);
    for (const metadata of METADATA) {
      yield { ...Object.fromEntries(chosen.map((name) => [name, EACH[name]])), metadata };
    }
  }
}

test(
  "no combination of filters scans payments or sorts, on the first page or a later one",
  { timeout: LONG_MS },
  async () => {
    const all = [...combinations()];
    expect(all).toHaveLength(1536);
    const explained: string[] = [];
    for (const cursor of [null, { created: EPOCH_MS + 30_000, id: nthPaymentId(30) }]) {
      for (let at = 0; at < all.length; at += 128) {
        const statements = all.slice(at, at + 128).map((filters) => {
          return prepareSql(env.DB, sql`EXPLAIN QUERY PLAN ${listQuery(OWNER, filters, { limit: 10, cursor })}`);
        });
        for (const { results } of await env.DB.batch<{ detail: string }>(statements)) {
          explained.push(results.map(({ detail }) => detail).join("\n"));
        }
      }
    }
    expect(explained).toHaveLength(3072);
    for (const plan of explained) {
      expect(plan).toMatch(/^SEARCH (p|m) USING (COVERING )?INDEX \w+ \(owner=\?/);
      expect(plan).not.toMatch(/\bSCAN\b|TEMP B-TREE/);
    }
    // A page after the first seeks to its place: the cursor is a bound of the index, not a condition on its rows.
    for (const plan of explained.slice(1536))
      expect(plan.split("\n")[0]).toMatch(/\(created,(id|payment_id)\)<\(\?,\?\)/);
  },
);

test(
  "on ten thousand payments a page by any one filter reads a page of rows, wherever it is",
  { timeout: LONG_MS },
  async () => {
    const records = Array.from({ length: 10_000 }, (_, n) =>
      recordOf(n, {
        status: n % 4 ? "succeeded" : "failed",
        currency: n % 3 ? "gbp" : "eur",
        connector: n % 5 ? "sandbox" : "b",
        customerId: `cus_${n % 50}`,
        merchantReference: n % 2 ? `order ${n % 100}` : null,
        metadata: n % 10 ? null : { colour: n % 20 ? "red" : "blue" },
      }),
    );
    await project(env.DB, records);
    const singles: PaymentFilters[] = [
      {},
      { status: "failed" },
      { currency: "eur" },
      { connector: "b" },
      { customerId: "cus_7" },
      { merchantReference: "order 7" },
      { createdFrom: EPOCH_MS + 1_000_000 },
      { createdTo: EPOCH_MS + 5_000_000 },
      { metadata: { colour: "blue" } },
    ];
    for (const filters of singles) {
      for (const cursor of [null, { created: EPOCH_MS + 4_000_000, id: nthPaymentId(4000) }]) {
        const { meta, results } = await prepareSql(env.DB, listQuery(OWNER, filters, { limit: 20, cursor })).all();
        expect(results).toHaveLength(21);
        // A page and the row that tells whether more follow; metadata's index is joined to the payments.
        const rows = filters.metadata === undefined ? 21 : 42;
        expect(meta.rows_read, JSON.stringify(filters)).toBeLessThanOrEqual(rows + 2);
      }
    }
  },
);

/** Records whose every field takes few values, so that combinations meet; many share a millisecond. */
function variedRecords(): PaymentRecord[] {
  return Array.from({ length: 240 }, (_, n) =>
    recordOf(n, {
      created: EPOCH_MS + Math.floor(((n * 37) % 240) / 8) * 1000,
      status: n % 2 ? "succeeded" : "failed",
      currency: n % 3 ? "gbp" : "eur",
      connector: n % 5 ? "sandbox" : "b",
      amount: (n % 4) * 500,
      customerId: n % 7 < 4 ? "cus_1" : null,
      merchantReference: n % 6 < 4 ? "order 1" : null,
      metadata: n % 9 < 6 ? { colour: "red", size: n % 2 ? "xl" : "s" } : {},
    }),
  );
}

function isMatch(record: PaymentRecord, filters: PaymentFilters): boolean {
  const { createdFrom, createdTo, amountMin, amountMax, metadata, ...equal } = filters;
  return (
    Object.entries(equal).every(([name, value]) => record[name as keyof typeof equal] === value) &&
    record.created >= (createdFrom ?? 0) &&
    record.created <= (createdTo ?? Number.POSITIVE_INFINITY) &&
    record.amount >= (amountMin ?? 0) &&
    record.amount <= (amountMax ?? Number.POSITIVE_INFINITY) &&
    Object.entries(metadata ?? {}).every(([key, value]) => record.metadata?.[key] === value)
  );
}

const newestFirst = (a: PaymentRecord, b: PaymentRecord) => b.created - a.created || (a.id < b.id ? 1 : -1);

async function walk(filters: PaymentFilters, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const at: string | null = cursor;
    const page = await listPayments(env.DB, OWNER, filters, { limit, cursor: at === null ? null : decodeCursor(at) });
    expect(page.hasMore).toBe(page.nextCursor !== null);
    if (page.hasMore) expect(page.bodies).toHaveLength(limit);
    ids.push(...page.bodies.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids;
}

test(
  "each combination of filters lists exactly the payments that match all of them, newest first",
  { timeout: LONG_MS },
  async () => {
    const records = variedRecords();
    await project(env.DB, records);
    const ordered = [...records].sort(newestFirst);
    const all = [...combinations()];
    let found = 0;
    for (let at = 0; at < all.length; at += 128) {
      const some = all.slice(at, at + 128);
      const queries = some.map((filters) =>
        prepareSql(env.DB, listQuery(OWNER, filters, { limit: 300, cursor: null })),
      );
      const pages = await env.DB.batch<{ id: string }>(queries);
      for (const [n, { results }] of pages.entries()) {
        const set = Object.fromEntries(Object.entries(some[n] ?? {}).filter(([, value]) => value !== undefined));
        const expected = ordered.filter((record) => isMatch(record, set)).map(({ id }) => id);
        expect(
          results.map(({ id }) => id),
          JSON.stringify(set),
        ).toEqual(expected);
        found += expected.length;
      }
    }
    expect(found).toBeGreaterThan(1000);
  },
);

test.each([1, 7, 100])(
  "pages of %d are the whole list, without gap or repeat, where many share a millisecond",
  { timeout: LONG_MS },
  async (limit) => {
    const records = variedRecords();
    await project(env.DB, records);
    const expected = (filters: PaymentFilters) =>
      [...records].sort(newestFirst).flatMap((record) => (isMatch(record, filters) ? [record.id] : []));
    expect(await walk({}, limit)).toEqual(expected({}));
    for (const filters of [
      { metadata: { colour: "red" } },
      { status: "failed", createdTo: EPOCH_MS + 12_000 },
      { customerId: "cus_1", metadata: { size: "xl" } },
    ]) {
      expect(await walk(filters, limit)).toEqual(expected(filters));
    }
  },
);

test("a page that ends with the last payment says that there is no more", async () => {
  await project(env.DB, [recordOf(1), recordOf(2)]);
  expect(await listPayments(env.DB, OWNER, {}, { limit: 2, cursor: null })).toMatchObject({
    hasMore: false,
    nextCursor: null,
  });
});

test("payments made while a merchant pages do not shift what the later pages hold", async () => {
  await project(
    env.DB,
    [1, 2, 3, 4].map((n) => recordOf(n)),
  );
  const page = await listPayments(env.DB, OWNER, {}, { limit: 2, cursor: null });
  await project(
    env.DB,
    [5, 6].map((n) => recordOf(n)),
  );
  const cursor = decodeCursor(page.nextCursor ?? "");
  const next = await listPayments(env.DB, OWNER, {}, { limit: 2, cursor });
  expect(next.bodies.map(({ id }) => id)).toEqual([nthPaymentId(2), nthPaymentId(1)]);
});

test("a list holds nothing of another merchant or of the other mode, whatever it filters by", async () => {
  const shared = { customerId: "cus_1", merchantReference: "order 1", metadata: { colour: "red" } };
  await project(env.DB, [
    recordOf(1, shared),
    recordOf(2, { ...shared, owner: ownerOf(1, "live") }),
    recordOf(3, { ...shared, owner: ownerOf(2, "test") }),
  ]);
  const filters: PaymentFilters[] = [{}, ...Object.entries(shared).map(([name, value]) => ({ [name]: value })), shared];
  for (const filter of filters) {
    const page = await listPayments(env.DB, OWNER, filter, { limit: 10, cursor: null });
    expect(page.bodies.map(({ id }) => id)).toEqual([nthPaymentId(1)]);
  }
});
