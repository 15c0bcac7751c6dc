/** Connector accounts as answers show them, and as they are sealed. */
import { connectorNamed } from "../connectors/registry.ts";
import { plainId } from "../domain/ids.ts";
import type { AccountRow } from "../projection/connector-accounts.ts";
import { seal } from "../vault/seal.ts";
import { isoTime } from "./keys.ts";
import { randomBase62 } from "./api-key.ts";

export type Credentials = Readonly<Record<string, string>>;

export function makeAccountId(): string {
  return plainId("ca", crypto.getRandomValues(new Uint8Array(15)));
}

/** For an account of the sandbox that was given none: it signs its webhooks like any processor. */
export function makeWebhookSecret(): string {
  return `whsec_${randomBase62(40)}`;
}

/** The account's id is authenticated with them, so that an envelope moved to another row does not open. */
export async function sealCredentials(env: Env, accountId: string, credentials: Credentials) {
  return {
    sealedCredentials: await seal(env.MASTER_KEY, JSON.stringify(credentials), accountId),
    credentialHints: Object.fromEntries(Object.entries(credentials).map(([name, value]) => [name, hint(value)])),
  };
}

/** Four characters tell accounts apart; of a short secret they would tell too much. */
function hint(secret: string): string {
  return secret.length >= 12 ? `…${secret.slice(-4)}` : "…";
}

export function showAccount(row: AccountRow, origin: string) {
  return {
    id: row.id,
    connector: row.connector,
    label: row.label,
    enabled: row.enabled,
    mode: row.mode,
    capabilities: connectorNamed(row.connector)?.capabilities ?? {},
    settings: row.settings,
    credentials: row.credentialHints,
    webhookUrl: `${origin}/webhooks/${row.id}`,
    created: isoTime(row.created),
  };
}
