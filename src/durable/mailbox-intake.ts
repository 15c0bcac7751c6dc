import { childId } from "../domain/ids.ts";
import type { IncomingEvent, StoredEvent } from "./webhook-endpoint-api.ts";

/**
 * An event of a payment that this mailbox has not met, and not its first, waits a moment for those before it. Only
 * payments older than the endpoint begin like that.
 */
const FIRST_MEETING_MS = 2_000;
/** Longer than a shard takes to repeat what failed; then an event goes on without the one before it. */
export const MAX_GAP_MS = 60_000;

/**
 * Takes events in: each once, and each payment's in the order of their sequence, whatever order they come in. Shards
 * send in order and repeat from where they were not answered; this holds them to it.
 */
export class MailboxIntake {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Inside a commit. `now` in ms since 1970. */
  accept(events: readonly IncomingEvent[], now: number): void {
    for (const event of events.toSorted((a, b) => a.sequence - b.sequence)) this.#arrive(event, now);
  }

  /** Inside a commit. Sends it again in a lane of its own, whatever became of it before; a waiting one is hastened. */
  again(event: StoredEvent, now: number): string {
    const id = childId("evt", event.paymentId, event.sequence);
    const [known] = this.#sql
      .exec<{ state: string; lane: string }>("SELECT state, lane FROM messages WHERE event = ?", id)
      .toArray();
    if (known === undefined) this.#insert(event, { id, state: "waiting", lane: id, now });
    else if (known.state !== "waiting") {
      this.#sql.exec(
        "UPDATE messages SET state = 'waiting', lane = event, body = ?, tries = 0 WHERE event = ?",
        event.body,
        id,
      );
    }
    const lane = known?.state === "waiting" ? known.lane : id;
    this.#sql.exec(
      "INSERT INTO lanes (lane, due) VALUES (?, ?) ON CONFLICT (lane) DO UPDATE SET due = min(due, excluded.due)",
      lane,
      now,
    );
    return id;
  }

  /** Inside a commit: a test, outside of all payments. */
  ping(id: string, type: string, body: string, now: number): void {
    this.#sql.exec(
      "INSERT INTO messages (event, payment, sequence, type, body, created, lane, state) VALUES (?, NULL, 0, ?, ?, ?, ?, 'waiting')",
      id,
      type,
      body,
      now,
      id,
    );
    this.#openLane(id, now);
  }

  /** Inside a commit: events whose predecessor has not come for too long go on. */
  closeGaps(now: number): void {
    const gaps = this.#sql
      .exec<{ payment: string; first: number }>(
        "SELECT payment, min(sequence) AS first FROM messages INDEXED BY messages_early WHERE state = 'early' AND created <= ? GROUP BY payment",
        now - MAX_GAP_MS,
      )
      .toArray();
    for (const { payment, first } of gaps) {
      console.warn(JSON.stringify({ event: "webhook_gap", payment, sequence: first }));
      this.#expect(payment, this.#promote(payment, first, now), now);
    }
  }

  /** When the oldest gap has lasted long enough; null where there is none. */
  nextGapAt(): number | null {
    const { oldest } = this.#sql
      .exec<{ oldest: number | null }>(
        "SELECT min(created) AS oldest FROM messages INDEXED BY messages_early WHERE state = 'early'",
      )
      .one();
    return oldest === null ? null : oldest + MAX_GAP_MS;
  }

  /** The endpoint was off for a while, and is not owed what happened then: sequences begin anew. */
  forgetArrivals(): void {
    this.#sql.exec("DELETE FROM arrivals");
  }

  #arrive(event: IncomingEvent, now: number): void {
    const { paymentId, sequence } = event;
    const [row] = this.#sql.exec<{ next: number }>("SELECT next FROM arrivals WHERE payment = ?", paymentId).toArray();
    const next = row?.next ?? sequence;
    if (sequence > next) this.#insert(event, { state: "early", now });
    else if (event.body !== null && this.#insert(event, { state: "waiting", now })) {
      this.#openLane(paymentId, row === undefined && sequence > 1 ? now + FIRST_MEETING_MS : now);
    }
    if (sequence === next) this.#expect(paymentId, this.#promote(paymentId, sequence + 1, now), now);
  }

  /** Early events from `next` on that follow without a gap may go; returns the sequence that is expected then. */
  #promote(payment: string, next: number, now: number): number {
    const early = this.#sql
      .exec<{ id: number; sequence: number; body: string | null }>(
        "SELECT id, sequence, body FROM messages WHERE payment = ? AND state = 'early' ORDER BY sequence",
        payment,
      )
      .toArray();
    let expected = next;
    for (const { id, sequence, body } of early) {
      if (sequence > expected) break;
      if (body === null) this.#sql.exec("DELETE FROM messages WHERE id = ?", id);
      else this.#sql.exec("UPDATE messages SET state = 'waiting' WHERE id = ?", id);
      if (body !== null) this.#openLane(payment, now);
      expected = sequence + 1;
    }
    return expected;
  }

  #expect(payment: string, next: number, now: number): void {
    this.#sql.exec(
      "INSERT INTO arrivals (payment, next, at) VALUES (?, ?, ?) ON CONFLICT (payment) DO UPDATE SET next = excluded.next, at = excluded.at",
      payment,
      next,
      now,
    );
  }

  /** False where the mailbox has it. */
  #insert(
    { paymentId, sequence, type, body }: IncomingEvent,
    { id = childId("evt", paymentId, sequence), state, lane = paymentId, now }: Placing,
  ): boolean {
    const { rowsWritten } = this.#sql.exec(
      `INSERT OR IGNORE INTO messages (event, payment, sequence, type, body, created, lane, state)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      paymentId,
      sequence,
      type,
      body,
      now,
      lane,
      state,
    );
    return rowsWritten > 0;
  }

  #openLane(lane: string, due: number): void {
    this.#sql.exec("INSERT OR IGNORE INTO lanes (lane, due) VALUES (?, ?)", lane, due);
  }
}

interface Placing {
  id?: string;
  state: "early" | "waiting";
  lane?: string;
  now: number;
}
