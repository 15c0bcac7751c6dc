import type { Attempt } from "../webhooks/deliver.ts";
import { retryDelayMs } from "../webhooks/retry-schedule.ts";
import type { Delivery, DeliveryStatus } from "./webhook-endpoint-api.ts";

/** The event at the head of a lane. */
export interface Message {
  id: number;
  event: string;
  /** Null for a test. */
  payment: string | null;
  body: string;
  tries: number;
  attempts: string;
}

/** How long settled deliveries can be looked up. */
export const KEEP_MS = 30 * 24 * 3_600_000;
/** Of an event that is tried again and again by hand, the last ones. */
const MAX_ATTEMPTS_KEPT = 20;

type DeliveryRow = {
  id: number;
  event: string;
  payment: string | null;
  sequence: number;
  type: string;
  created: number;
  state: "early" | "waiting" | "delivered" | "failed";
  lane: string;
  attempts: string;
  due: number | null;
  head: number | null;
};

/**
 * What an endpoint is owed. A lane is one payment's events, of which only the first may be out; lanes pass each other,
 * so that one payment's trouble is no other's. Redeliveries and tests have lanes of their own.
 */
export class Mailbox {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Lanes whose turn it is, longest due first. */
  dueLanes(now: number, limit: number): string[] {
    const rows = this.#sql.exec<{ lane: string }>(
      "SELECT lane FROM lanes WHERE due <= ? ORDER BY due LIMIT ?",
      now,
      limit,
    );
    return rows.toArray().map(({ lane }) => lane);
  }

  nextDueAt(): number | null {
    const [row] = this.#sql.exec<{ due: number }>("SELECT due FROM lanes ORDER BY due LIMIT 1").toArray();
    return row?.due ?? null;
  }

  head(lane: string): Message | null {
    const [row] = this.#sql
      .exec<Message & Record<string, SqlStorageValue>>(
        `SELECT id, event, payment, body, tries, attempts FROM messages
         WHERE lane = ? AND state = 'waiting' ORDER BY sequence LIMIT 1`,
        lane,
      )
      .toArray();
    return row ?? null;
  }

  /** Inside a commit: the event is over, one way or the other, and the next of its lane may go. */
  settle(lane: string, message: Message, status: "delivered" | "failed", attempt: Attempt): void {
    this.#sql.exec(
      "UPDATE messages SET state = ?, body = NULL, tries = tries + 1, attempts = ? WHERE id = ?",
      status,
      addAttempt(message, attempt),
      message.id,
    );
    const isMore = this.#sql
      .exec("SELECT 1 FROM messages WHERE lane = ? AND state = 'waiting' LIMIT 1", lane)
      .toArray();
    if (isMore.length > 0) this.#sql.exec("UPDATE lanes SET due = ? WHERE lane = ?", attempt.at, lane);
    else this.#sql.exec("DELETE FROM lanes WHERE lane = ?", lane);
  }

  /**
   * Inside a commit: the try was in vain. The event waits for its next one, and its lane with it; after the last one it
   * is given up, and its lane goes on. `draw` is in [0, 1).
   */
  fail(
    lane: string,
    message: Message,
    attempt: Attempt,
    { draw, retryAfterMs }: { draw: number; retryAfterMs: number | null },
  ): void {
    const delay = message.payment === null ? null : retryDelayMs(message.tries + 1, draw, retryAfterMs);
    if (delay === null) return this.settle(lane, message, "failed", attempt);
    this.#sql.exec(
      "UPDATE messages SET tries = tries + 1, attempts = ? WHERE id = ?",
      addAttempt(message, attempt),
      message.id,
    );
    this.#sql.exec("UPDATE lanes SET due = ? WHERE lane = ?", attempt.at + delay, lane);
  }

  /** Inside a commit. */
  closeLane(lane: string): void {
    this.#sql.exec("DELETE FROM lanes WHERE lane = ?", lane);
  }

  find(event: string): Delivery | null {
    const [row] = this.#sql.exec<DeliveryRow>(`${SELECT_DELIVERY} WHERE event = ?`, event).toArray();
    return row === undefined ? null : describe(row);
  }

  /** Newest first; `before` is the `next` of the page before. */
  list(limit: number, before: number | null): { deliveries: Delivery[]; next: number | null } {
    const rows = this.#sql
      .exec<DeliveryRow>(
        `${SELECT_DELIVERY} WHERE messages.id < ? AND (state <> 'early' OR body IS NOT NULL)
         ORDER BY messages.id DESC LIMIT ?`,
        before ?? Number.MAX_SAFE_INTEGER,
        limit + 1,
      )
      .toArray();
    const shown = rows.slice(0, limit);
    return { deliveries: shown.map(describe), next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null };
  }

  /** Inside a commit: what was settled and has been here long enough goes, a bounded number at a time. */
  prune(now: number): void {
    const before = now - KEEP_MS;
    this.#sql.exec(
      `DELETE FROM messages WHERE id IN (
         SELECT id FROM messages WHERE created < ? AND state IN ('delivered', 'failed') LIMIT 1000)`,
      before,
    );
    this.#sql.exec(
      "DELETE FROM arrivals WHERE payment IN (SELECT payment FROM arrivals WHERE at < ? LIMIT 1000)",
      before,
    );
  }

  /** When there is something to prune. */
  nextPruneAt(): number | null {
    const { oldest } = this.#sql.exec<{ oldest: number | null }>("SELECT min(created) AS oldest FROM messages").one();
    return oldest === null ? null : oldest + KEEP_MS + 1;
  }
}

const SELECT_DELIVERY = `
  SELECT messages.*, due, (SELECT id FROM messages AS first WHERE first.lane = messages.lane AND first.state = 'waiting'
    ORDER BY sequence LIMIT 1) AS head
  FROM messages LEFT JOIN lanes ON lanes.lane = messages.lane AND state = 'waiting'`;

const STATUS: Record<DeliveryRow["state"], DeliveryStatus> = {
  early: "pending",
  waiting: "pending",
  delivered: "delivered",
  failed: "failed",
};

function describe(row: DeliveryRow): Delivery {
  return {
    eventId: row.event,
    type: row.type,
    paymentId: row.payment,
    sequence: row.sequence,
    status: STATUS[row.state],
    created: row.created,
    nextAttempt: row.state === "waiting" && row.head === row.id ? row.due : null,
    attempts: JSON.parse(row.attempts) as Attempt[],
  };
}

function addAttempt({ attempts }: Message, attempt: Attempt): string {
  return JSON.stringify([...(JSON.parse(attempts) as Attempt[]), attempt].slice(-MAX_ATTEMPTS_KEPT));
}
