import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { AccountRow } from "./connector-accounts.ts";
import { connectorAccounts, merchants } from "./tables.ts";

/** An account and whose it is, for a message that brings nothing but the account's id. */
export interface OwnedAccount {
  account: AccountRow;
  merchantNumber: number;
  /** Payment shards of the merchant, a mode. */
  shards: number;
}

export async function findOwnedAccount(db: D1Database, id: string): Promise<OwnedAccount | null> {
  const rows = await drizzle(db)
    .select({ account: connectorAccounts, merchantNumber: merchants.number, shards: merchants.shards })
    .from(connectorAccounts)
    .innerJoin(merchants, eq(merchants.id, connectorAccounts.merchantId))
    .where(eq(connectorAccounts.id, id))
    .limit(1);
  return rows[0] ?? null;
}
