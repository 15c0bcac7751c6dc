import { and, asc, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../domain/mode.ts";
import type { RoutingVersion } from "../domain/routing/config.ts";
import { readActiveRouting } from "./routing.ts";
import { connectorAccounts } from "./tables.ts";

/** What a merchant has configured in one mode, as its shards keep it. Plain JSON: it is also stored there. */
export interface StoredConfiguration {
  accounts: StoredAccount[];
  /** Null: no configuration was ever put. Absent in what a shard kept before there was any. */
  routing?: RoutingVersion | null;
}

export interface StoredAccount {
  id: string;
  label: string;
  connector: string;
  enabled: boolean;
  sealedCredentials: string;
  settings: Record<string, unknown>;
}

/** Accounts come in the order of their creation, which is the order in which routing tries them by default. */
export async function readConfiguration(db: D1Database, merchantId: string, mode: Mode): Promise<StoredConfiguration> {
  const { id, label, connector, enabled, sealedCredentials, settings, created } = connectorAccounts;
  const [accounts, active] = await Promise.all([
    drizzle(db)
      .select({ id, label, connector, enabled, sealedCredentials, settings })
      .from(connectorAccounts)
      .where(and(eq(connectorAccounts.merchantId, merchantId), eq(connectorAccounts.mode, mode)))
      .orderBy(asc(created), asc(id)),
    readActiveRouting(db, { merchantId, mode }),
  ]);
  const routing = active === null ? null : { id: active.id, version: active.version, config: active.config };
  return { accounts, routing };
}
