/** API keys in D1, which is their authority. */
import { and, desc, eq, gt, isNull, lt, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../domain/mode.ts";
import { apiKeys, merchants } from "./tables.ts";

export type KeyRow = typeof apiKeys.$inferSelect;
export type MerchantRow = typeof merchants.$inferSelect;

export interface KeyOwner {
  merchantId: string;
  mode: Mode;
}

/** A key with its merchant, in one query; null where there is none. Says nothing about whether it is still valid. */
export async function findKey(db: D1Database, id: string): Promise<{ key: KeyRow; merchant: MerchantRow } | null> {
  const rows = await drizzle(db)
    .select({ key: apiKeys, merchant: merchants })
    .from(apiKeys)
    .innerJoin(merchants, eq(merchants.id, apiKeys.merchantId))
    .where(eq(apiKeys.id, id))
    .limit(1);
  return rows[0] ?? null;
}

/** Keys that were not revoked, newest first, after the cursor's. One more than `limit`, to see whether there is more. */
export function listKeys(
  db: D1Database,
  owner: KeyOwner,
  limit: number,
  after: { created: number; id: string } | null,
): Promise<KeyRow[]> {
  return drizzle(db)
    .select()
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.merchantId, owner.merchantId),
        eq(apiKeys.mode, owner.mode),
        isNull(apiKeys.revokedAt),
        after === null ? undefined : sql`(${apiKeys.created}, ${apiKeys.id}) < (${after.created}, ${after.id})`,
      ),
    )
    .orderBy(desc(apiKeys.created), desc(apiKeys.id))
    .limit(limit + 1);
}

/** One key that was not revoked. */
export async function readKey(db: D1Database, owner: KeyOwner, id: string): Promise<KeyRow | null> {
  const rows = await drizzle(db).select().from(apiKeys).where(ownKey(owner, id)).limit(1);
  return rows[0] ?? null;
}

/** Statements, so that they can stand in a batch with others. */
export function insertKey(db: D1Database, row: typeof apiKeys.$inferInsert) {
  return drizzle(db).insert(apiKeys).values(row);
}

export function insertMerchant(db: D1Database, row: typeof merchants.$inferInsert) {
  return drizzle(db).insert(merchants).values(row);
}

/** Lets a key end at `at`, ms since 1970, unless it ends earlier. */
export function expireKey(db: D1Database, owner: KeyOwner, id: string, at: number) {
  return drizzle(db)
    .update(apiKeys)
    .set({ expiresAt: at })
    .where(and(ownKey(owner, id), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, at))));
}

/** False where there is no such key, or it was revoked before. */
export async function revokeKey(db: D1Database, owner: KeyOwner, id: string, at: number): Promise<boolean> {
  const rows = await drizzle(db)
    .update(apiKeys)
    .set({ revokedAt: at })
    .where(ownKey(owner, id))
    .returning({ id: apiKeys.id });
  return rows.length > 0;
}

/** At most one write in `intervalMs` a key, whichever isolate comes first. */
export async function noteKeyUse(db: D1Database, id: string, at: number, intervalMs: number): Promise<void> {
  await drizzle(db)
    .update(apiKeys)
    .set({ lastUsed: at })
    .where(and(eq(apiKeys.id, id), or(isNull(apiKeys.lastUsed), lt(apiKeys.lastUsed, at - intervalMs))));
}

function ownKey(owner: KeyOwner, id: string) {
  return and(
    eq(apiKeys.id, id),
    eq(apiKeys.merchantId, owner.merchantId),
    eq(apiKeys.mode, owner.mode),
    isNull(apiKeys.revokedAt),
  );
}
