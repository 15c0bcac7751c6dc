/** Events as merchants are told of them: written by the payments' shards, once each, never changed. */
import { type SQL, sql } from "drizzle-orm";
import { packBody, unpackBody } from "./body.ts";
import { prepareSql } from "./statement.ts";

export interface EventRecord {
  id: string;
  owner: number;
  /** ms since 1970 */
  created: number;
  type: string;
  /** Final text, less its client secret. */
  body: string;
}

export interface ListedEvent {
  id: string;
  created: number;
  position: number;
  body: string;
}

/** Safe to repeat. The records' packed bodies must stay below 2 MB together. */
export function insertEvents(records: readonly EventRecord[]): SQL {
  const rows = records.map(({ id, owner, created, type, body }) => [id, owner, created, type, packBody(body)]);
  return sql`
    INSERT OR IGNORE INTO events (id, owner, created, type, body)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, unhex(value ->> 4)
    FROM json_each(${JSON.stringify(rows)}) ORDER BY key`;
}

export interface EventFilters {
  type?: string | undefined;
  /** `pay_…` */
  paymentId?: string | undefined;
}

/** Where a page begins: behind an event in the order of arrival, or before one in the order of time. */
export type EventPlace = { after: number } | { before: { created: number; id: string } } | null;

/**
 * One more than `limit`, to see whether there is more. Newest first by (created, id); behind `after` in the order in
 * which they arrived, so that whoever goes on reading there misses none, though another shard's came late.
 */
export async function listEvents(
  db: D1Database,
  owner: number,
  filters: EventFilters,
  page: { limit: number; place: EventPlace },
): Promise<ListedEvent[]> {
  const { results } = await prepareSql(db, listEventsQuery(owner, filters, page)).all<ListedEvent>();
  return results.map((row) => ({ ...row, body: unpackBody(row.body) }));
}

export function listEventsQuery(
  owner: number,
  { type, paymentId }: EventFilters,
  { limit, place }: { limit: number; place: EventPlace },
): SQL {
  const isAscending = place !== null && "after" in place;
  const conditions = [sql`owner = ${owner}`];
  if (type !== undefined) conditions.push(sql`type = ${type}`);
  if (paymentId !== undefined) {
    // Ordinals are digits and letters, so the payment's events are all that lies between.
    const start = `evt_${paymentId.slice("pay_".length)}`;
    conditions.push(sql`id > ${start} AND id < ${`${start}~`}`);
  }
  if (place !== null) {
    conditions.push(
      "after" in place
        ? sql`position > ${place.after}`
        : sql`(created, id) < (${place.before.created}, ${place.before.id})`,
    );
  }
  const order = isAscending ? sql`position` : sql`created DESC, id DESC`;
  return sql`SELECT position, id, created, hex(body) AS body FROM events
    INDEXED BY ${sql.identifier(indexFor({ type, paymentId }, isAscending))}
    WHERE ${sql.join(conditions, sql` AND `)} ORDER BY ${order} LIMIT ${limit + 1}`;
}

function indexFor({ type, paymentId }: EventFilters, isAscending: boolean): string {
  if (paymentId !== undefined) return "events_by_id";
  if (isAscending) return type === undefined ? "events_by_arrival" : "events_by_arrival_of_type";
  return type === undefined ? "events_by_created" : "events_by_type";
}

export async function readEvent(db: D1Database, owner: number, id: string): Promise<ListedEvent | null> {
  const query = sql`SELECT position, id, created, hex(body) AS body FROM events WHERE id = ${id} AND owner = ${owner}`;
  const row = await prepareSql(db, query).first<ListedEvent>();
  return row === null ? null : { ...row, body: unpackBody(row.body) };
}
