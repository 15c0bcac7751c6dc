import { createHash } from "node:crypto";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { PaymentEvent } from "../domain/payment/events.ts";
import { evolve } from "../domain/payment/evolve.ts";
import { assertInvariants } from "../domain/payment/invariants.ts";
import { eventType, isoTime } from "../domain/payment/present.ts";
import type { PaymentState } from "../domain/payment/state.ts";
import { statusOf } from "../domain/payment/status.ts";
import type { PaymentStatus } from "../domain/rejection.ts";
import type { CommittedEvent } from "../webhooks/event-text.ts";

/** A payment as the shard holds it: its row number, its fold, and the head of its hash chain. */
export interface HeldPayment {
  number: number;
  state: PaymentState;
  head: Uint8Array;
}

export interface LogRow {
  sequence: number;
  type: string;
  created: number;
  from: PaymentStatus | null;
  to: PaymentStatus;
  event: PaymentEvent;
  hash: string;
  previousHash: string;
}

/** Rows of a payment's events are `number * 2^15 + sequence`. */
export const EVENTS_PER_PAYMENT = 2 ** 15;
/** Folds kept in memory; a fold is a few kilobytes. */
const CACHED_PAYMENTS = 2_000;
const GENESIS = new Uint8Array(32);

type EventRow = {
  id: number;
  type: string;
  created: number;
  previous_status: PaymentStatus | null;
  status: PaymentStatus;
  data: string;
  hash: ArrayBuffer;
};

/** The log of every payment in this shard. Reads fold it; `append` is the only way in which a payment changes. */
export class PaymentLog {
  readonly #sql: SqlStorage;
  readonly #cache = new Map<string, HeldPayment>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  find(id: string): HeldPayment | null {
    const cached = this.#cache.get(id);
    if (cached !== undefined) return cached;
    const [row] = this.#sql.exec<{ number: number }>("SELECT number FROM payments WHERE id = ?", id).toArray();
    return row === undefined ? null : this.#remember(this.#fold(row.number, id));
  }

  byNumber(number: number): HeldPayment | null {
    const [row] = this.#sql.exec<{ id: string }>("SELECT id FROM payments WHERE number = ?", number).toArray();
    return row === undefined ? null : this.find(row.id);
  }

  /**
   * Call it inside a transaction. `held` is what the events were decided on; null begins a payment. `each` is told of
   * every event in turn, with the payment as it is after that event.
   */
  append(
    id: string,
    held: HeldPayment | null,
    events: readonly PaymentEvent[],
    { at, each }: { at: number; each: (number: number, appended: CommittedEvent) => void },
  ): HeldPayment {
    // Forget first: if the transaction rolls back, the next read folds what is really there.
    this.#cache.delete(id);
    const number = held?.number ?? this.#begin(id);
    let state = held?.state ?? null;
    let head = held?.head ?? GENESIS;
    // Time never runs backwards within a payment, whatever this machine's clock does.
    const created = Math.max(at, state?.updated ?? 0);
    for (const event of events) {
      if (event.kind === "created" && state !== null) throw new Error(`${id} exists already`);
      const from = state === null ? null : statusOf(state);
      state = evolve(state, event, id, created);
      assertInvariants(state);
      const row = describe(event, state, { from, created, head });
      head = hashOf(row, head);
      this.#sql.exec(
        "INSERT INTO events (id, type, created, previous_status, status, data, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
        number * EVENTS_PER_PAYMENT + state.version,
        row.type,
        created,
        from,
        row.to,
        JSON.stringify(event),
        head,
      );
      each(number, { event, type: row.type, state });
    }
    if (state === null) throw new Error(`nothing to append to ${id}`);
    return { number, state, head };
  }

  /** Call it once the transaction that appended has committed in memory: the next read needs no fold. */
  keep(held: HeldPayment): void {
    this.#remember(held);
  }

  /** From `after` (exclusive), ascending. */
  rows(id: string, after: number, limit: number): LogRow[] {
    const held = this.find(id);
    if (held === null) return [];
    const first = Math.max(after, 0);
    const rows = this.#rows(held.number, first, first + limit + (first > 0 ? 1 : 0));
    let previousHash = hex(GENESIS);
    const described: LogRow[] = [];
    for (const row of rows) {
      const sequence = row.id % EVENTS_PER_PAYMENT;
      const hash = hex(new Uint8Array(row.hash));
      const { type, created, previous_status: from, status: to } = row;
      const event = JSON.parse(row.data) as PaymentEvent;
      if (sequence > after) described.push({ sequence, type, created, from, to, event, hash, previousHash });
      previousHash = hash;
    }
    return described;
  }

  /** The payment as it was once `includes` refused the next event; null where it did not exist yet. */
  foldWhile(id: string, includes: (row: { sequence: number; created: number }) => boolean): PaymentState | null {
    let state: PaymentState | null = null;
    for (const row of this.rows(id, 0, EVENTS_PER_PAYMENT)) {
      if (!includes(row)) break;
      state = evolve(state, row.event, id, row.created);
    }
    return state;
  }

  #begin(id: string): number {
    return this.#sql.exec<{ number: number }>("INSERT INTO payments (id) VALUES (?) RETURNING number", id).one().number;
  }

  #fold(number: number, id: string): HeldPayment {
    let state: PaymentState | null = null;
    let head = GENESIS;
    for (const row of this.#rows(number, 1, EVENTS_PER_PAYMENT)) {
      state = evolve(state, JSON.parse(row.data) as PaymentEvent, id, row.created);
      head = new Uint8Array(row.hash);
    }
    if (state === null) throw new Error(`${id} has no events`);
    return { number, state, head };
  }

  /** Sequences `first` to `last`; the row before a page gives the page its first `previousHash`. */
  #rows(number: number, first: number, last: number): EventRow[] {
    const base = number * EVENTS_PER_PAYMENT;
    const end = base + Math.min(last, EVENTS_PER_PAYMENT - 1);
    return this.#sql
      .exec<EventRow>("SELECT * FROM events WHERE id BETWEEN ? AND ? ORDER BY id", base + first, end)
      .toArray();
  }

  #remember(held: HeldPayment): HeldPayment {
    const { id } = held.state;
    this.#cache.delete(id);
    this.#cache.set(id, held);
    if (this.#cache.size > CACHED_PAYMENTS) {
      const [oldest] = this.#cache.keys();
      if (oldest !== undefined) this.#cache.delete(oldest);
    }
    return held;
  }
}

function describe(
  event: PaymentEvent,
  state: PaymentState,
  { from, created, head }: { from: PaymentStatus | null; created: number; head: Uint8Array },
) {
  const to = statusOf(state);
  const type = eventType(event.kind, from, to);
  return { sequence: state.version, type, created: isoTime(created), from, to, data: event, previousHash: hex(head) };
}

/** docs/design/event-log.md: SHA-256 of the previous hash, a newline, and the event as canonical JSON. */
function hashOf(row: { previousHash: string }, head: Uint8Array): Uint8Array {
  return new Uint8Array(
    createHash("sha256")
      .update(`${hex(head)}\n${canonicalJson(row)}`)
      .digest(),
  );
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
