/** Standing of one receiver: since when nothing has come through, and until when it asked for patience. */
interface Health {
  /** ms since 1970; null: the last try came through. */
  failingSince: number | null;
  pausedUntil: number;
}

/** A receiver that is overloaded may pause everything, but not for long: single events wait for as long as it says. */
const MAX_PAUSE_MS = 3_600_000;
const IS_OVERLOADED = new Set([429, 503]);

/** Written only where it changes: a healthy endpoint costs nothing. */
export class EndpointHealth {
  readonly #sql: SqlStorage;
  #health: Health;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    const [row] = sql.exec<{ value: string }>("SELECT value FROM facts WHERE name = 'health'").toArray();
    this.#health = row === undefined ? { failingSince: null, pausedUntil: 0 } : (JSON.parse(row.value) as Health);
  }

  /** Infinity where the last try came through. */
  get failingSince(): number {
    return this.#health.failingSince ?? Infinity;
  }

  get pausedUntil(): number {
    return this.#health.pausedUntil;
  }

  /** Inside a commit. */
  succeeded(): void {
    if (this.#health.failingSince !== null) this.#keep({ ...this.#health, failingSince: null });
  }

  /** Inside a commit. */
  failed(at: number, status: number | null, retryAfterMs: number | null): void {
    const failingSince = this.#health.failingSince ?? at;
    const isPause = status !== null && IS_OVERLOADED.has(status) && retryAfterMs !== null;
    const pausedUntil = isPause ? at + Math.min(retryAfterMs, MAX_PAUSE_MS) : this.#health.pausedUntil;
    const isNew = failingSince !== this.#health.failingSince || pausedUntil !== this.#health.pausedUntil;
    if (isNew) this.#keep({ failingSince, pausedUntil });
  }

  /** The merchant enabled the endpoint anew: what was before does not count. */
  reset(): void {
    this.#keep({ failingSince: null, pausedUntil: 0 });
  }

  #keep(health: Health): void {
    this.#health = health;
    this.#sql.exec(
      "INSERT INTO facts (name, value) VALUES ('health', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      JSON.stringify(health),
    );
  }
}
