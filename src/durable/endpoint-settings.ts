import { disableEndpoint, type EndpointRow, readEndpointById } from "../projection/webhook-endpoints.ts";
import { unseal } from "../vault/seal.ts";

/** A change is pushed; this bounds how old the settings get where the push was lost. */
const MAX_AGE_MS = 30_000;

/** Why an endpoint was disabled, as the merchant sees it. */
export type DisabledReason = "gone" | "failing";

interface Kept {
  row: EndpointRow;
  /** By this object; D1 may not know yet. */
  disabled: { reason: DisabledReason; at: number; isToldToD1: boolean } | null;
}

/**
 * The endpoint as D1 has it, with a copy in the object itself: webhooks go on while D1 is down. The object disables
 * the endpoint by itself, at once; D1 hears of it as soon as it can.
 */
export class EndpointSettings {
  readonly #env: Env;
  readonly #sql: SqlStorage;
  #kept: Kept | null;
  /** By `Date.now()`: the age of a copy is no matter of the virtual clock. */
  #loadedAt = 0;
  #loading: Promise<void> | null = null;
  readonly #opened = new Map<string, string>();

  constructor(env: Env, sql: SqlStorage) {
    this.#env = env;
    this.#sql = sql;
    const [row] = sql.exec<{ value: string }>("SELECT value FROM facts WHERE name = 'settings'").toArray();
    this.#kept = row === undefined ? null : (JSON.parse(row.value) as Kept);
  }

  get id(): string | null {
    return this.#kept?.row.id ?? null;
  }

  get isEnabled(): boolean {
    return this.#kept !== null && this.#kept.row.enabled && this.#kept.disabled === null;
  }

  get owesD1(): boolean {
    return this.#kept?.disabled?.isToldToD1 === false;
  }

  /** Reads the row where the copy is too old, or `force`d. False where the endpoint does not exist. */
  async load(id: string, force = false): Promise<boolean> {
    if (this.#kept === null || force || Date.now() - this.#loadedAt > MAX_AGE_MS) {
      this.#loading ??= this.#read(id).finally(() => (this.#loading = null));
      await this.#loading;
    }
    return this.#kept !== null;
  }

  /** Both secrets while a rotation lasts, the newer first. `now` in ms since 1970. */
  async target(now: number): Promise<{ url: string; secrets: string[] } | null> {
    const row = this.#kept?.row;
    if (row === undefined) return null;
    const isRotating = row.sealedPreviousSecret !== null && (row.previousUntil ?? 0) > now;
    const sealed = [row.sealedSecret, ...(isRotating ? [row.sealedPreviousSecret] : [])].filter(
      (each) => each !== null,
    );
    return { url: row.url, secrets: await Promise.all(sealed.map((each) => this.#open(each, row.id))) };
  }

  /** Inside a commit. */
  disable(reason: DisabledReason, at: number): void {
    if (this.#kept === null || this.#kept.disabled !== null) return;
    this.#keep({ ...this.#kept, disabled: { reason, at, isToldToD1: false } });
  }

  /** Never throws; the alarm tries again. */
  async tellD1(): Promise<void> {
    const kept = this.#kept;
    if (kept?.disabled?.isToldToD1 !== false) return;
    const { reason, at } = kept.disabled;
    try {
      await disableEndpoint(this.#env.DB, kept.row.id, reason, at);
      if (this.#kept?.disabled === kept.disabled)
        this.#keep({ ...this.#kept, disabled: { reason, at, isToldToD1: true } });
    } catch (error) {
      console.warn(JSON.stringify({ event: "webhook_disable_untold", endpoint: kept.row.id, reason: String(error) }));
    }
  }

  /** What was kept in the object is deleted already. */
  forget(): void {
    this.#kept = null;
  }

  async #read(id: string): Promise<void> {
    let row: EndpointRow | null;
    try {
      row = await readEndpointById(this.#env.DB, id);
    } catch (error) {
      if (this.#kept === null) throw error;
      console.warn(JSON.stringify({ event: "webhook_settings_stale", endpoint: id, reason: String(error) }));
      this.#loadedAt = Date.now() - MAX_AGE_MS / 2;
      return;
    }
    this.#loadedAt = Date.now();
    if (row === null) this.#kept = null;
    else this.#adopt(row);
  }

  #adopt(row: EndpointRow): void {
    const before = this.#kept;
    // Enabled again by the merchant, after this object had disabled it.
    const isOver = before?.row.activeSince !== undefined && row.activeSince > before.row.activeSince;
    const kept = { row, disabled: isOver ? null : (before?.disabled ?? null) };
    if (JSON.stringify(kept) !== JSON.stringify(before)) this.#keep(kept);
  }

  #keep(kept: Kept): void {
    this.#kept = kept;
    this.#sql.exec(
      "INSERT INTO facts (name, value) VALUES ('settings', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      JSON.stringify(kept),
    );
  }

  async #open(sealed: string, id: string): Promise<string> {
    const known = this.#opened.get(sealed);
    if (known !== undefined) return known;
    const opened = await unseal(this.#env.MASTER_KEY, sealed, id);
    this.#opened.set(sealed, opened);
    return opened;
  }
}
