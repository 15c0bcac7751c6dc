/** Connector accounts in D1, which is their authority. */
import { and, count, desc, eq, notInArray, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../domain/mode.ts";
import { connectorAccounts, payments } from "./tables.ts";

export type AccountRow = typeof connectorAccounts.$inferSelect;

export interface AccountOwner {
  merchantId: string;
  mode: Mode;
}

/** Newest first, after the cursor's. One more than `limit`, to see whether there is more. */
export function listAccounts(
  db: D1Database,
  owner: AccountOwner,
  limit: number,
  after: { created: number; id: string } | null,
): Promise<AccountRow[]> {
  const { merchantId, mode, created, id } = connectorAccounts;
  return drizzle(db)
    .select()
    .from(connectorAccounts)
    .where(
      and(
        eq(merchantId, owner.merchantId),
        eq(mode, owner.mode),
        after === null ? undefined : sql`(${created}, ${id}) < (${after.created}, ${after.id})`,
      ),
    )
    .orderBy(desc(created), desc(id))
    .limit(limit + 1);
}

export async function readAccount(db: D1Database, owner: AccountOwner, id: string): Promise<AccountRow | null> {
  const rows = await drizzle(db).select().from(connectorAccounts).where(ownAccount(owner, id)).limit(1);
  return rows[0] ?? null;
}

/** A statement, so that it can stand in a batch with others. */
export function insertAccount(db: D1Database, row: AccountRow) {
  return drizzle(db).insert(connectorAccounts).values(row);
}

export async function updateAccount(db: D1Database, owner: AccountOwner, row: AccountRow): Promise<void> {
  const { label, enabled, sealedCredentials, credentialHints, settings } = row;
  await drizzle(db)
    .update(connectorAccounts)
    .set({ label, enabled, sealedCredentials, credentialHints, settings })
    .where(ownAccount(owner, row.id));
}

export async function deleteAccount(db: D1Database, owner: AccountOwner, id: string): Promise<void> {
  await drizzle(db).delete(connectorAccounts).where(ownAccount(owner, id));
}

const TERMINAL = ["succeeded", "partially_captured", "failed", "cancelled", "expired"];

/** Payments that an account has begun and that are not over, as far as the read model knows. */
export async function countOpenPayments(db: D1Database, owner: number, label: string): Promise<number> {
  const [row] = await drizzle(db)
    .select({ open: count() })
    .from(payments)
    .where(and(eq(payments.owner, owner), eq(payments.connector, label), notInArray(payments.status, TERMINAL)));
  return row?.open ?? 0;
}

function ownAccount(owner: AccountOwner, id: string) {
  return and(
    eq(connectorAccounts.id, id),
    eq(connectorAccounts.merchantId, owner.merchantId),
    eq(connectorAccounts.mode, owner.mode),
  );
}
