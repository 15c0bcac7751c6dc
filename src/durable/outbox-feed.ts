import type { OutboxRow, OutboxRows } from "./outbox-rows.ts";

/** After a refusal, so that what is down is not asked by every commit; the alarm asks again, too. */
const RETRY_DELAYS_MS = [500, 1_000, 2_000, 5_000, 10_000];

export interface FeedOptions {
  name: string;
  rows: OutboxRows;
  /** Gathers what is committed meanwhile into one call; a payment's two commits leave together. */
  delayMs: number;
  /** Takes a batch, durably, or throws. It may get the same rows again, after a failure or in another instance. */
  send: (rows: readonly OutboxRow[]) => Promise<void>;
  /** After each batch: rows that every feed has may go. */
  advanced: () => Promise<void>;
  keepAlive: (work: Promise<unknown>) => void;
}

/**
 * The outbox on its way to one place, in order, at that place's own pace: one that is down holds back no other. How far
 * it has come stands in memory only; a new instance begins with the oldest row that is left, and whoever takes the rows
 * knows those it has.
 */
export class Feed {
  readonly #options: FeedOptions;
  #position = 0;
  #failures = 0;
  #scheduled: Promise<void> | null = null;
  #draining: Promise<boolean> | null = null;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  get position(): number {
    return this.#position;
  }

  /** 0 after a success. */
  get retryDelayMs(): number {
    return RETRY_DELAYS_MS[Math.min(this.#failures, RETRY_DELAYS_MS.length) - 1] ?? 0;
  }

  schedule(): void {
    if (this.#scheduled !== null || !this.#isBehind()) return;
    this.#scheduled = scheduler
      .wait(this.#failures === 0 ? this.#options.delayMs : this.retryDelayMs)
      .then(async () => void (await this.drain()))
      .finally(() => {
        this.#scheduled = null;
        this.schedule();
      });
    this.#options.keepAlive(this.#scheduled);
  }

  /** True when all that stood in the outbox as this was called has arrived. Never throws. */
  async drain(): Promise<boolean> {
    // A drain that is under way may have read before the caller's commit: wait for it, then look again.
    if (this.#draining !== null) await this.#draining;
    this.#draining ??= this.#drainAll().finally(() => (this.#draining = null));
    return this.#draining;
  }

  #isBehind(): boolean {
    return this.#options.rows.has(this.#position);
  }

  async #drainAll(): Promise<boolean> {
    const { name, rows, send, advanced } = this.#options;
    try {
      for (let batch = rows.after(this.#position); batch.length > 0; batch = rows.after(this.#position)) {
        await send(batch);
        this.#position = batch.at(-1)?.id ?? this.#position;
        await advanced();
      }
      this.#failures = 0;
      return true;
    } catch (error) {
      this.#failures = Math.min(this.#failures + 1, RETRY_DELAYS_MS.length);
      console.warn(
        JSON.stringify({ event: "feed_failed", feed: name, failures: this.#failures, reason: String(error) }),
      );
      return false;
    }
  }
}
