import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { childId } from "../../src/domain/ids.ts";
import {
  type EventFilters,
  type EventPlace,
  type EventRecord,
  insertEvents,
  listEvents,
  listEventsQuery,
  readEvent,
} from "../../src/projection/events.ts";
import { prepareSql } from "../../src/projection/statement.ts";
import { EPOCH_MS, nthPaymentId, OWNER, recordOf } from "../support/payment-record.ts";

const TYPES = ["payment.requires_confirmation", "payment.processing", "payment.succeeded"];

/** As a payment's shard would tell the nth payment's three events. */
function eventsOf(n: number, changes: Partial<EventRecord> = {}): EventRecord[] {
  return TYPES.map((type, index) => {
    const id = childId("evt", nthPaymentId(n), index + 1);
    const { created, body } = recordOf(n);
    const text = `{"id":"${id}","type":"${type}","created":"${new Date(created).toISOString()}","sequence":${index + 1},"data":{"payment":${body}}}`;
    return { id, owner: OWNER, created, type, body: text, ...changes };
  });
}

async function insert(records: readonly EventRecord[]): Promise<void> {
  await prepareSql(env.DB, insertEvents(records)).run();
}

async function idsOf(filters: EventFilters, place: EventPlace, limit = 100): Promise<string[]> {
  return (await listEvents(env.DB, OWNER, filters, { limit, place })).map(({ id }) => id);
}

const FIRST = eventsOf(1);
const SECOND = eventsOf(2);

test("an event stands once, however often it is written, with the bytes of its first writing", async () => {
  await insert(FIRST);
  await insert([...SECOND, ...FIRST.map((event) => ({ ...event, body: "{}" }))]);
  const all = [...FIRST, ...SECOND];
  expect(await idsOf({}, { after: 0 })).toEqual(all.map(({ id }) => id));
  for (const { id, body } of all) expect((await readEvent(env.DB, OWNER, id))?.body).toBe(body);
});

test("newest first goes by time and id; behind an event goes by arrival, so that a late one is not missed", async () => {
  await insert(SECOND);
  const [last] = (await listEvents(env.DB, OWNER, {}, { limit: 1, place: null })) ?? [];
  expect(last?.id).toBe(SECOND[2]?.id);
  await insert(FIRST);
  expect(await idsOf({}, null)).toEqual([...FIRST, ...SECOND].map(({ id }) => id).toReversed());
  expect(await idsOf({}, { after: last?.position ?? 0 })).toEqual(FIRST.map(({ id }) => id));
});

test("no filter and no id reaches another owner's events", async () => {
  await insert(FIRST);
  await insert(eventsOf(3, { owner: OWNER + 1 }));
  const foreign = childId("evt", nthPaymentId(3), 1);
  expect(await readEvent(env.DB, OWNER, foreign)).toBeNull();
  expect(await idsOf({ paymentId: nthPaymentId(3) }, null)).toEqual([]);
  expect(await idsOf({ type: "payment.succeeded" }, null)).toEqual([FIRST[2]?.id]);
});

describe("every list", () => {
  const filters: EventFilters[] = [
    {},
    { type: "payment.succeeded" },
    { paymentId: nthPaymentId(7) },
    { type: "payment.succeeded", paymentId: nthPaymentId(7) },
  ];
  const places: EventPlace[] = [null, { after: 3 }, { before: { created: EPOCH_MS + 9_000_000, id: "evt_z" } }];
  const cases = filters.flatMap((filter) => places.map((place) => ({ filter, place })));

  test.each(cases)("seeks in an index, without a scan: $filter, $place", async ({ filter, place }) => {
    const { sql, params } = await explain(filter, place);
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...params)
      .all<{ detail: string }>();
    const plan = results.map(({ detail }) => detail).join("\n");
    expect(plan).toContain("SEARCH events USING");
    expect(plan).not.toContain("SCAN");
    // One payment's events are few: they may be sorted.
    if (filter.paymentId === undefined) expect(plan).not.toContain("TEMP B-TREE");
  });

  test("reads a page of rows, however many there are", async () => {
    for (let n = 0; n < 40; n++) await insert(Array.from({ length: 50 }, (_, i) => eventsOf(n * 50 + i)).flat());
    for (const { filter, place } of cases.filter(({ filter }) => filter.paymentId === undefined)) {
      const { meta } = await prepareSql(env.DB, listEventsQuery(OWNER, filter, { limit: 10, place })).all();
      expect([filter, place, meta.rows_read]).toEqual([filter, place, 11]);
    }
  });
});

async function explain(filter: EventFilters, place: EventPlace): Promise<{ sql: string; params: unknown[] }> {
  const { SQLiteSyncDialect } = await import("drizzle-orm/sqlite-core");
  const { sql, params } = new SQLiteSyncDialect().sqlToQuery(listEventsQuery(OWNER, filter, { limit: 10, place }));
  return { sql, params };
}

test("an event takes at most half a kB of D1, all indexes counted", async () => {
  const sizeOf = async () => (await env.DB.prepare("SELECT 1").run()).meta.size_after;
  const before = await sizeOf();
  for (let n = 0; n < 20; n++) await insert(Array.from({ length: 50 }, (_, i) => eventsOf(n * 50 + i)).flat());
  const bytes = ((await sizeOf()) - before) / 3_000;
  console.log(`${Math.round(bytes)} bytes an event; its text was ${FIRST[0]?.body.length}`);
  expect(bytes).toBeLessThan(512);
});
