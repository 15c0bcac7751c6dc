/** A committed event, on its way out. */
export interface OutboxRow {
  /** Grows with each commit: the order in which they leave. */
  id: number;
  payment: number;
  paymentId: string;
  sequence: number;
  type: string;
  /** ms since 1970 */
  created: number;
  /** The event's final text, less its client secret; null in rows of the first version, which told the read model only. */
  body: string | null;
}

const MAX_ROWS = 500;
/** Packed and in hex, a batch of this many stays below the 2 MB that D1 takes as one value. */
const MAX_BYTES = 500_000;
const EVENTS_PER_PAYMENT = 2 ** 15;

export class OutboxRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** In the transition's own transaction. */
  add(payment: number, sequence: number, body: string): void {
    this.#sql.exec("INSERT INTO outbox (payment, version, body) VALUES (?, ?, ?)", payment, sequence, body);
  }

  /** The next batch behind `position`, in the order of their commits: at least one row where there is one. */
  after(position: number): OutboxRow[] {
    const cursor = this.#sql.exec<OutboxRow & Record<string, SqlStorageValue>>(
      `SELECT outbox.id, payment, payments.id AS paymentId, version AS sequence, type, created, body
       FROM outbox CROSS JOIN payments CROSS JOIN events
       WHERE outbox.id > ? AND payments.number = payment AND events.id = payment * ${EVENTS_PER_PAYMENT} + version
       ORDER BY outbox.id LIMIT ${MAX_ROWS}`,
      position,
    );
    const rows: OutboxRow[] = [];
    let bytes = 0;
    for (const row of cursor) {
      rows.push(row);
      bytes += row.body?.length ?? 0;
      if (bytes > MAX_BYTES) break;
    }
    return rows;
  }

  discard(upTo: number): void {
    this.#sql.exec("DELETE FROM outbox WHERE id <= ?", upTo);
  }

  has(beyond: number): boolean {
    return this.#sql.exec("SELECT 1 FROM outbox WHERE id > ? LIMIT 1", beyond).toArray().length > 0;
  }
}
