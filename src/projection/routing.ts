/** Routing configurations in D1, which is their authority. */
import { and, desc, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { RoutingConfig } from "../domain/routing/config.ts";
import type { AccountOwner } from "./connector-accounts.ts";
import { BatchError } from "./database-error.ts";
import type { Statement } from "./first-answers.ts";
import { activeRouting, routingVersions } from "./tables.ts";

export type RoutingRow = typeof routingVersions.$inferSelect;

/** The version that routes now; null: none was ever put. */
export async function readActiveRouting(
  db: D1Database,
  { merchantId, mode }: AccountOwner,
): Promise<RoutingRow | null> {
  const { id, version, config, created } = routingVersions;
  const rows = await drizzle(db)
    .select({ id, merchantId: routingVersions.merchantId, mode: routingVersions.mode, version, config, created })
    .from(activeRouting)
    .innerJoin(routingVersions, eq(routingVersions.id, activeRouting.routingId))
    .where(and(eq(activeRouting.merchantId, merchantId), eq(activeRouting.mode, mode)))
    .limit(1);
  return rows[0] ?? null;
}

export async function readRoutingVersion(db: D1Database, owner: AccountOwner, id: string): Promise<RoutingRow | null> {
  const rows = await drizzle(db)
    .select()
    .from(routingVersions)
    .where(and(eq(routingVersions.id, id), ...owned(owner)))
    .limit(1);
  return rows[0] ?? null;
}

/** Newest first, after the cursor's. One more than `limit`, to see whether there is more. */
export function listRoutingVersions(
  db: D1Database,
  owner: AccountOwner,
  limit: number,
  after: { created: number; id: string } | null,
): Promise<RoutingRow[]> {
  const { created, id } = routingVersions;
  const older = after === null ? undefined : sql`(${created}, ${id}) < (${after.created}, ${after.id})`;
  return drizzle(db)
    .select()
    .from(routingVersions)
    .where(and(...owned(owner), older))
    .orderBy(desc(created), desc(id))
    .limit(limit + 1);
}

/**
 * Adds a version and makes it the active one, both or neither. `expected`: the version that the writer has seen; where
 * another is active by now, the whole fails as `isOutdated` tells.
 */
export async function putRouting(
  db: D1Database,
  row: { id: string; merchantId: string; mode: RoutingRow["mode"]; config: RoutingConfig; created: number },
  expected: string | null,
): Promise<RoutingRow> {
  const { id, merchantId, mode, config, created } = row;
  const { merchantId: of, mode: within } = routingVersions;
  const next = sql<number>`(SELECT coalesce(max(version), 0) + 1 FROM ${routingVersions} WHERE ${of} = ${merchantId} AND ${within} = ${mode})`;
  const database = drizzle(db);
  const insert = database.insert(routingVersions).values({ id, merchantId, mode, version: next, config, created });
  try {
    const [[stored]] = await database.batch([
      insert.returning(),
      activateRouting(db, { merchantId, mode }, id, expected),
    ]);
    if (stored !== undefined) return stored;
  } catch (cause) {
    throw new BatchError("D1 refused the batch", { cause });
  }
  throw new Error("a version that was put is not there");
}

/** A statement, so that it can stand in a batch with others. `expected` as above. */
export function activateRouting(
  db: D1Database,
  { merchantId, mode }: AccountOwner,
  id: string,
  expected: string | null,
): Statement {
  const { merchantId: of, mode: within, routingId } = activeRouting;
  const isActive = sql`EXISTS (SELECT 1 FROM ${activeRouting} WHERE ${of} = ${merchantId} AND ${within} = ${mode} AND ${routingId} = ${expected})`;
  const chosen = expected === null ? id : sql<string>`CASE WHEN ${isActive} THEN ${id} END`;
  return drizzle(db)
    .insert(activeRouting)
    .values({ merchantId, mode, routingId: chosen })
    .onConflictDoUpdate({ target: [of, within], set: { routingId: sql`excluded.routing_id` } });
}

/** Whether a change failed because another version than the expected one is active. */
export function isOutdated(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message.includes("NOT NULL constraint failed: active_routing.routing_id")) return true;
  }
  return false;
}

function owned({ merchantId, mode }: AccountOwner) {
  return [eq(routingVersions.merchantId, merchantId), eq(routingVersions.mode, mode)];
}
