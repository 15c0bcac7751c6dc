/** Connector accounts as answers show them, and as they are sealed. */
import type { Context } from "hono";
import type { Connector } from "../connectors/connector.ts";
import { connectorNamed } from "../connectors/registry.ts";
import { plainId } from "../domain/ids.ts";
import type { Issue } from "../domain/rejection.ts";
import type { AccountRow } from "../projection/connector-accounts.ts";
import { seal, unseal } from "../vault/seal.ts";
import { randomBase62 } from "./api-key.ts";
import type { AppEnv } from "./env.ts";
import { toIssues } from "./issues.ts";
import { isoTime } from "./keys.ts";
import { writePath } from "./paths.ts";
import { settingsSchema } from "./schemas/connectors.ts";

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

export async function openCredentials(env: Env, row: AccountRow): Promise<Credentials> {
  return JSON.parse(await unseal(env.MASTER_KEY, row.sealedCredentials, row.id)) as Credentials;
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

/** What is wrong with an account's parts for this connector, whole as they would be stored. */
export function findAccountIssues(
  connector: Connector,
  credentials: Credentials,
  settings: Readonly<Record<string, unknown>>,
): Issue[] {
  const { required, optional } = connector.credentials;
  const missing = required.filter((name) => credentials[name] === undefined);
  const unknown = Object.keys(credentials).filter((name) => !required.includes(name) && !optional.includes(name));
  const parsed = settingsSchema(connector.name).safeParse(settings, { reportInput: true });
  const found = parsed.success
    ? []
    : parsed.error.issues.map((issue) => ({ ...issue, path: ["settings", ...issue.path] }));
  return [
    ...missing.map((name) => ({ path: writePath(["credentials", name]), code: "required", message: "is required" })),
    ...unknown.map((name) => ({
      path: writePath(["credentials", name]),
      code: "unrecognized_key",
      message: "is not a credential of this connector",
    })),
    ...toIssues(found),
  ];
}

/** A body rule for a new account: everything that depends on which connector it is for. */
export function checkNewAccount(body: Readonly<Record<string, unknown>>, c: Context<AppEnv>): Issue[] {
  const { connector: name, credentials = {}, settings = {} } = body;
  if (typeof name !== "string") return [];
  const connector = connectorNamed(name.toLowerCase());
  if (connector === undefined)
    return [{ path: "connector", code: "custom", message: "is not a connector that we know" }];
  if (connector.name === "sandbox" && c.get("caller").mode === "live") {
    return [{ path: "connector", code: "custom", message: "exists in test mode only" }];
  }
  // Where these are no objects at all the schema has said so.
  return isRecord(credentials) && isRecord(settings)
    ? findAccountIssues(connector, credentials as Credentials, settings)
    : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
