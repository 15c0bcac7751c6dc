/** Whose account a processor's message is for, with its credentials; remembered for a while, so that D1 is not asked for each. */
import type { ConnectorAccount } from "../connectors/connector.ts";
import { findOwnedAccount, type OwnedAccount } from "../projection/webhook-accounts.ts";
import { openCredentials } from "./connector-accounts.ts";
import { Unavailable } from "./errors.ts";

const MAX_AGE_MS = 30_000;
/** An account that was just made has to be found soon. */
const MAX_AGE_UNKNOWN_MS = 2_000;
/** A message that does not verify may have been signed with a secret that is newer than what we remember. */
const MIN_AGE_TO_RELOAD_MS = 1_000;
const MAX_ENTRIES = 1_000;

export interface WebhookAccount extends OwnedAccount {
  opened: ConnectorAccount;
}

interface Entry {
  found: WebhookAccount | null;
  loaded: number;
}

export class WebhookAccounts {
  readonly #entries = new Map<string, Entry>();

  /** Throws `Unavailable` where D1 is down and the account is not remembered. `isFresh`: as it is now. */
  async find(env: Env, id: string, { isFresh }: { isFresh: boolean }): Promise<WebhookAccount | null> {
    const known = this.#entries.get(id);
    const age = Date.now() - (known?.loaded ?? 0);
    const limit = isFresh ? MIN_AGE_TO_RELOAD_MS : known?.found === null ? MAX_AGE_UNKNOWN_MS : MAX_AGE_MS;
    if (known !== undefined && age < limit) return known.found;
    const found = await load(env, id);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size >= MAX_ENTRIES && oldest.done === false) this.#entries.delete(oldest.value);
    this.#entries.set(id, { found, loaded: Date.now() });
    return found;
  }

  /** For tests, which change accounts faster than anybody does. */
  clear(): void {
    this.#entries.clear();
  }
}

async function load(env: Env, id: string): Promise<WebhookAccount | null> {
  const owned = await findOwnedAccount(env.DB, id).catch((cause: unknown) => {
    throw new Unavailable("accounts cannot be read", { cause });
  });
  if (owned === null) return null;
  const { merchantId, mode, label, connector, settings } = owned.account;
  const credentials = { ...(await openCredentials(env, owned.account)) };
  return { ...owned, opened: { id, merchantId, mode, label, connector, credentials, settings } };
}

/** One an isolate. */
export const webhookAccounts = new WebhookAccounts();
