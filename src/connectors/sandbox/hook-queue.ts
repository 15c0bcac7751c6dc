/** Webhooks that the processor owes, in its own SQLite: written with what they tell of, sent by its alarm. */
import { draw } from "./draw.ts";
import { type Entry, REFUND_WAIT_MS } from "./entry.ts";
import type { WireRequest } from "./wire.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS shop (shop TEXT PRIMARY KEY, secret TEXT NOT NULL, dup_rate REAL NOT NULL, seed INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS hook (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, msg TEXT NOT NULL, url TEXT NOT NULL, shop TEXT NOT NULL,
    order_ref TEXT NOT NULL, seq INTEGER NOT NULL, tries INTEGER NOT NULL);`;

/** After each failed try; then it is given up, as the receiver can always ask. */
const RETRY_MS = [2_000, 10_000, 60_000];
const BATCH = 20;

export interface DueHook extends Record<string, SqlStorageValue> {
  id: number;
  msg: string;
  url: string;
  order_ref: string;
  seq: number;
  tries: number;
  secret: string;
}

export class HookQueue {
  readonly #sql: SqlStorage;
  /** Asks for the alarm, no later than this. */
  readonly #wakeAt: (at: number) => void;

  constructor(sql: SqlStorage, wakeAt: (at: number) => void) {
    this.#sql = sql;
    this.#wakeAt = wakeAt;
    sql.exec(SCHEMA);
  }

  /** Only what changes by itself is always told; the rest was in the answer, so an account has to ask for it. */
  booked(entry: Entry, request: WireRequest, now: number): void {
    const { hook_secret: secret, hooks, dup_rate, seed } = request.profile;
    if (secret === null || !(hooks || entry.state === "WAIT" || entry.state === "ASK")) return;
    this.#sql.exec("INSERT OR REPLACE INTO shop VALUES (?,?,?,?)", entry.shop, secret, dup_rate, seed);
    if (entry.state === "ASK") return;
    const repeats = draw(request.profile, entry.shop, entry.key, "duplicate") < dup_rate ? 2 : 1;
    this.#add(entry, request.back, entry.state === "WAIT" ? now + REFUND_WAIT_MS : now, repeats);
  }

  /** A challenge was answered. */
  settled(entry: Entry, back: string, now: number): void {
    const shop = this.#sql
      .exec<{ dup_rate: number; seed: number }>("SELECT dup_rate, seed FROM shop WHERE shop = ?", entry.shop)
      .toArray()[0];
    if (shop !== undefined)
      this.#add(entry, back, now, draw(shop, entry.shop, entry.key, "duplicate") < shop.dup_rate ? 2 : 1);
  }

  due(now: number): DueHook[] {
    const query = "SELECT hook.*, secret FROM hook JOIN shop USING (shop) WHERE at <= ? ORDER BY at, id LIMIT ?";
    return this.#sql.exec<DueHook>(query, now, BATCH).toArray();
  }

  done(hook: DueHook): void {
    this.#sql.exec("DELETE FROM hook WHERE id = ?", hook.id);
  }

  failed(hook: DueHook, now: number): void {
    const delayMs = RETRY_MS[hook.tries];
    if (delayMs === undefined) this.done(hook);
    else this.#sql.exec("UPDATE hook SET tries = tries + 1, at = ? WHERE id = ?", now + delayMs, hook.id);
  }

  /** When the next one is due; null: nothing is owed. */
  nextAt(): number | null {
    return this.#sql.exec<{ at: number | null }>("SELECT min(at) AS at FROM hook").one().at;
  }

  #add(entry: Entry, back: string, at: number, repeats: number): void {
    const url = `${new URL(back).origin}/webhooks/${entry.shop}`;
    const insert = "INSERT INTO hook (at, msg, url, shop, order_ref, seq, tries) VALUES (?,?,?,?,?,?,0)";
    for (let n = 0; n < repeats; n++)
      this.#sql.exec(insert, at, `hk_${entry.id}`, url, entry.shop, entry.order, entry.seq);
    // The earliest of all, not this one's: an alarm that an evicted instance had set must not be put off.
    this.#wakeAt(this.nextAt() ?? at);
  }
}
