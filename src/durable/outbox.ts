import { project } from "../projection/project.ts";
import { ownerOf, type PaymentRecord } from "../projection/record.ts";
import { present } from "../domain/payment/present.ts";
import type { AddressBook } from "./address-book.ts";
import type { CommitQueue } from "./commit-queue.ts";
import type { PaymentLog } from "./payment-log.ts";

/** Gathers what changes meanwhile into one write; a payment's two commits become one row. */
const DRAIN_DELAY_MS = 100;
const MAX_BATCH = 500;
/** After D1 refused, so that it is not asked by every commit; the alarm asks again, too. */
const RETRY_DELAYS_MS = [500, 1_000, 2_000, 5_000, 10_000];

/**
 * What is owed to the read model. Rows are written with the transition and leave when D1 has them: at least once, in
 * any order, safe because the projection compares versions. One drain runs at a time.
 */
export class Outbox {
  readonly #sql: SqlStorage;
  readonly #log: PaymentLog;
  readonly #address: AddressBook;
  readonly #commits: CommitQueue;
  readonly #db: D1Database;
  readonly #keepAlive: (work: Promise<unknown>) => void;
  #scheduled: Promise<void> | null = null;
  #failures = 0;

  constructor(options: {
    sql: SqlStorage;
    log: PaymentLog;
    address: AddressBook;
    commits: CommitQueue;
    db: D1Database;
    keepAlive: (work: Promise<unknown>) => void;
  }) {
    this.#sql = options.sql;
    this.#log = options.log;
    this.#address = options.address;
    this.#commits = options.commits;
    this.#db = options.db;
    this.#keepAlive = options.keepAlive;
  }

  /** In the transition's own transaction. */
  add(payment: number, version: number): void {
    this.#sql.exec("INSERT INTO outbox (payment, version) VALUES (?, ?)", payment, version);
  }

  isEmpty(): boolean {
    return this.#sql.exec("SELECT 1 FROM outbox LIMIT 1").toArray().length === 0;
  }

  /** How long the alarm should wait before it drains in place of a timer that died with its instance. */
  get retryDelayMs(): number {
    return 2_000 + (RETRY_DELAYS_MS.at(Math.min(this.#failures, RETRY_DELAYS_MS.length) - 1) ?? 0);
  }

  schedule(): void {
    if (this.#scheduled !== null) return;
    const delay = this.#failures === 0 ? DRAIN_DELAY_MS : (RETRY_DELAYS_MS[this.#failures - 1] ?? 10_000);
    this.#scheduled = scheduler
      .wait(delay)
      .then(async () => void (await this.drain()))
      .finally(() => {
        this.#scheduled = null;
        if (!this.isEmpty()) this.schedule();
      });
    this.#keepAlive(this.#scheduled);
  }

  #draining: Promise<boolean> | null = null;

  /** True when all that stood in the outbox as this was called has reached D1. Never throws. */
  async drain(): Promise<boolean> {
    // A drain that is under way may have read before the caller's commit: wait for it, then look again.
    if (this.#draining !== null) await this.#draining;
    this.#draining ??= this.#drainAll().finally(() => (this.#draining = null));
    return this.#draining;
  }

  async #drainAll(): Promise<boolean> {
    try {
      while (await this.#drainBatch());
      this.#failures = 0;
      return true;
    } catch (error) {
      this.#failures = Math.min(this.#failures + 1, RETRY_DELAYS_MS.length);
      console.warn(JSON.stringify({ event: "projection_failed", failures: this.#failures, reason: String(error) }));
      return false;
    }
  }

  /** Whether there may be more. */
  async #drainBatch(): Promise<boolean> {
    const rows = this.#sql
      .exec<{ id: number; payment: number; version: number }>("SELECT * FROM outbox ORDER BY id LIMIT ?", MAX_BATCH)
      .toArray();
    const last = rows.at(-1)?.id;
    if (last === undefined) return false;
    const since = new Map<number, number>();
    for (const { payment, version } of rows) since.set(payment, Math.min(since.get(payment) ?? version, version));
    await project(
      this.#db,
      [...since].flatMap(([payment, version]) => this.#record(payment, version) ?? []),
    );
    await this.#commits.run(() => this.#sql.exec("DELETE FROM outbox WHERE id <= ?", last).rowsWritten);
    return rows.length === MAX_BATCH;
  }

  /** `since`: the oldest version that D1 may lack. */
  #record(payment: number, since: number): PaymentRecord | null {
    const held = this.#log.byNumber(payment);
    if (held === null) return null;
    const { merchantNumber, mode } = this.#address.get();
    const { state } = held;
    const { clientSecret: _, ...body } = present(state, "");
    const { details } = state;
    return {
      id: state.id,
      owner: ownerOf(merchantNumber, mode),
      version: state.version,
      created: state.created,
      status: body.status,
      currency: details.currency,
      amount: details.amount,
      connector: body.connector,
      customerId: details.customer?.id ?? null,
      merchantReference: details.merchantReference ?? null,
      metadata: state.metadataVersion >= since ? (details.metadata ?? {}) : null,
      body: JSON.stringify(body),
    };
  }
}
