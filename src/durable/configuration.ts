import type { ConnectorAccount } from "../connectors/connector.ts";
import { connectorNamed } from "../connectors/registry.ts";
import { type Candidate, candidateOf } from "../domain/routing/choose.ts";
import type { RoutingVersion } from "../domain/routing/config.ts";
import { readConfiguration, type StoredAccount, type StoredConfiguration } from "../projection/configuration.ts";
import { unseal } from "../vault/seal.ts";
import type { ShardAddress } from "./shard-api.ts";

/** A change is pushed to the shards; this bounds how old a configuration gets where the push was lost. */
const MAX_AGE_MS = 30_000;

/**
 * The merchant's accounts, in memory, with the last ones that D1 gave kept in the shard itself: a payment can go on
 * while D1 is down, also in an instance that has just started.
 */
export class Configuration {
  readonly #env: Env;
  readonly #sql: SqlStorage;
  #loaded: { at: number; stored: StoredConfiguration } | null = null;
  #loading: Promise<StoredConfiguration> | null = null;
  readonly #opened = new Map<string, Record<string, string>>();

  constructor(env: Env, sql: SqlStorage) {
    this.#env = env;
    this.#sql = sql;
  }

  /** Throws only where D1 is down and this shard has never seen a configuration. */
  async current(address: ShardAddress): Promise<StoredConfiguration> {
    if (this.#loaded !== null && Date.now() - this.#loaded.at < MAX_AGE_MS) return this.#loaded.stored;
    this.#loading ??= this.#load(address).finally(() => (this.#loading = null));
    return this.#loading;
  }

  /** The next decision reads it again. */
  forget(): void {
    this.#loaded = null;
  }

  async candidates(address: ShardAddress): Promise<Candidate[]> {
    const { accounts } = await this.current(address);
    return accounts.flatMap((account) => candidate(account) ?? []);
  }

  /** The active version; null: none was ever put. */
  async routing(address: ShardAddress): Promise<RoutingVersion | null> {
    return (await this.current(address)).routing ?? null;
  }

  /** With its credentials opened; null where it does not exist any more. */
  async account(address: ShardAddress, id: string): Promise<ConnectorAccount | null> {
    const { accounts } = await this.current(address);
    const stored = accounts.find((account) => account.id === id);
    if (stored === undefined) return null;
    const { merchantId, mode } = address;
    const { label, connector, settings } = stored;
    return { id, merchantId, mode, label, connector, credentials: await this.#open(stored), settings };
  }

  async #load(address: ShardAddress): Promise<StoredConfiguration> {
    try {
      const stored = await readConfiguration(this.#env.DB, address.merchantId, address.mode);
      this.#keep(JSON.stringify(stored));
      this.#loaded = { at: Date.now(), stored };
      return stored;
    } catch (error) {
      const stored = this.#loaded?.stored ?? this.#kept();
      if (stored === null) throw error;
      console.warn(
        JSON.stringify({ event: "configuration_stale", merchant: address.merchantId, reason: String(error) }),
      );
      // Asked again after a while, not by each payment: D1 is down and needs no more questions.
      this.#loaded = { at: Date.now() - MAX_AGE_MS / 2, stored };
      return stored;
    }
  }

  #keep(text: string): void {
    this.#sql.exec(
      `INSERT INTO facts (name, value) VALUES ('configuration', ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE value <> excluded.value`,
      text,
    );
  }

  #kept(): StoredConfiguration | null {
    const [row] = this.#sql.exec<{ value: string }>("SELECT value FROM facts WHERE name = 'configuration'").toArray();
    return row === undefined ? null : (JSON.parse(row.value) as StoredConfiguration);
  }

  async #open({ id, sealedCredentials }: StoredAccount): Promise<Record<string, string>> {
    const known = this.#opened.get(sealedCredentials);
    if (known !== undefined) return known;
    const opened = JSON.parse(await unseal(this.#env.MASTER_KEY, sealedCredentials, id)) as Record<string, string>;
    this.#opened.set(sealedCredentials, opened);
    return opened;
  }
}

/** Null for a connector that this version does not have. */
function candidate(account: StoredAccount): Candidate | null {
  const capabilities = connectorNamed(account.connector)?.capabilities;
  return capabilities === undefined ? null : candidateOf(account, capabilities);
}
