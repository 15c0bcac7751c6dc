/**
 * What has to happen later, as rows: a shard has one alarm, and memory survives nothing.
 *
 * - `recover`: a call is owed and may have been lost; find out what became of it.
 * - `poll`: refunds are pending at the processor.
 * - `expire`: a confirmation, a challenge or an authorisation runs out.
 * - `confirm`: a processor's message hinted that something changed; ask what.
 * - `save`: the card is proven and to be kept for its customer; put it into the vault.
 */
export type Job = "recover" | "poll" | "expire" | "confirm" | "save";

export interface DueJob {
  payment: number;
  job: Job;
  at: number;
  tries: number;
}

export class DueTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Sets or moves a payment's job; `tries` counts how often it has been tried in vain. */
  set(payment: number, job: Job, at: number, tries = 0): void {
    this.#sql.exec(
      `INSERT INTO due (payment, job, at, tries) VALUES (?, ?, ?, ?)
       ON CONFLICT (payment, job) DO UPDATE SET at = excluded.at, tries = excluded.tries`,
      payment,
      job,
      at,
      tries,
    );
  }

  clear(payment: number, job: Job): void {
    this.#sql.exec("DELETE FROM due WHERE payment = ? AND job = ?", payment, job);
  }

  /** Ends a job that was done; one that was set again meanwhile stays. */
  finish({ payment, job, at }: DueJob): void {
    this.#sql.exec("DELETE FROM due WHERE payment = ? AND job = ? AND at = ?", payment, job, at);
  }

  has(payment: number, job: Job): boolean {
    return this.#sql.exec("SELECT 1 FROM due WHERE payment = ? AND job = ?", payment, job).toArray().length > 0;
  }

  tries(payment: number, job: Job): number {
    const [row] = this.#sql
      .exec<{ tries: number }>("SELECT tries FROM due WHERE payment = ? AND job = ?", payment, job)
      .toArray();
    return row?.tries ?? 0;
  }

  /** Jobs whose time has come, oldest first, at most `limit`: a late alarm must not become one endless turn. */
  take(now: number, limit: number): DueJob[] {
    return this.#sql
      .exec<DueJob & Record<string, SqlStorageValue>>("SELECT * FROM due WHERE at <= ? ORDER BY at LIMIT ?", now, limit)
      .toArray();
  }

  nextAt(): number | null {
    const [row] = this.#sql.exec<{ at: number }>("SELECT at FROM due ORDER BY at LIMIT 1").toArray();
    return row?.at ?? null;
  }

  /** A new instance has no call in flight: whatever is owed was lost with the old one and may be asked about now. */
  hasten(job: Job, at: number): void {
    this.#sql.exec("UPDATE due SET at = ? WHERE job = ? AND at > ? AND tries = 0", at, job, at);
  }
}
