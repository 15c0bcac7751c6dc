/** Webhook endpoints in D1, which is their authority. */
import { and, count, desc, eq, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../domain/mode.ts";
import { webhookEndpoints } from "./tables.ts";

export type EndpointRow = typeof webhookEndpoints.$inferSelect;

export interface EndpointOwner {
  merchantId: string;
  mode: Mode;
}

/** An enabled endpoint, as a payment's shard has to know it. */
export interface ActiveEndpoint {
  id: string;
  /** Types, or `*`. */
  events: string[];
  /** ms since 1970: events from then on are owed to it. */
  activeSince: number;
}

/** For a batch of others: read in the same transaction, it says who was there when they were written. */
export function activeEndpoints(merchantId: string, mode: Mode): SQL {
  return sql`SELECT id, events, active_since AS activeSince FROM webhook_endpoints
    WHERE merchant_id = ${merchantId} AND mode = ${mode} AND enabled = 1 ORDER BY created, id`;
}

export function readActiveEndpoints(result: D1Result | undefined): ActiveEndpoint[] {
  const rows = (result?.results ?? []) as { id: string; events: string; activeSince: number }[];
  return rows.map((row) => ({ ...row, events: JSON.parse(row.events) as string[] }));
}

/** Newest first, after the cursor's. One more than `limit`, to see whether there is more. */
export function listEndpoints(
  db: D1Database,
  owner: EndpointOwner,
  limit: number,
  after: { created: number; id: string } | null,
): Promise<EndpointRow[]> {
  const { created, id } = webhookEndpoints;
  return drizzle(db)
    .select()
    .from(webhookEndpoints)
    .where(and(ofOwner(owner), after === null ? undefined : sql`(${created}, ${id}) < (${after.created}, ${after.id})`))
    .orderBy(desc(created), desc(id))
    .limit(limit + 1);
}

export async function countEndpoints(db: D1Database, owner: EndpointOwner): Promise<number> {
  const [row] = await drizzle(db).select({ total: count() }).from(webhookEndpoints).where(ofOwner(owner));
  return row?.total ?? 0;
}

export async function readEndpoint(db: D1Database, owner: EndpointOwner, id: string): Promise<EndpointRow | null> {
  const rows = await drizzle(db).select().from(webhookEndpoints).where(ownEndpoint(owner, id)).limit(1);
  return rows[0] ?? null;
}

/** For the endpoint's own object, which knows no owner; null where it does not exist any more. */
export async function readEndpointById(db: D1Database, id: string): Promise<EndpointRow | null> {
  const rows = await drizzle(db).select().from(webhookEndpoints).where(eq(webhookEndpoints.id, id)).limit(1);
  return rows[0] ?? null;
}

/** Statements, so that they can stand in a batch with others. */
export function insertEndpoint(db: D1Database, row: EndpointRow) {
  return drizzle(db).insert(webhookEndpoints).values(row);
}

export function updateEndpoint(db: D1Database, owner: EndpointOwner, id: string, changes: Partial<EndpointRow>) {
  return drizzle(db).update(webhookEndpoints).set(changes).where(ownEndpoint(owner, id));
}

export function deleteEndpoint(db: D1Database, owner: EndpointOwner, id: string) {
  return drizzle(db).delete(webhookEndpoints).where(ownEndpoint(owner, id));
}

/** Leaves one alone that was enabled again after `at` (ms since 1970): the merchant has had the last word. */
export async function disableEndpoint(db: D1Database, id: string, reason: string, at: number): Promise<void> {
  const { enabled, activeSince } = webhookEndpoints;
  await drizzle(db)
    .update(webhookEndpoints)
    .set({ enabled: false, disabledReason: reason })
    .where(and(eq(webhookEndpoints.id, id), eq(enabled, true), sql`${activeSince} <= ${at}`));
}

function ofOwner({ merchantId, mode }: EndpointOwner) {
  return and(eq(webhookEndpoints.merchantId, merchantId), eq(webhookEndpoints.mode, mode));
}

function ownEndpoint(owner: EndpointOwner, id: string) {
  return and(eq(webhookEndpoints.id, id), ofOwner(owner));
}
