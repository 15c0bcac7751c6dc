/** The processor's books in SQLite. Every method is synchronous: what one turn writes commits together. */
import { challengeId } from "./challenge-id.ts";
import { answerOf, CHALLENGE_MS, type Entry, REFUND_WAIT_MS, type Reply } from "./entry.ts";
import { execute, type Fresh } from "./execute.ts";
import type { HookQueue } from "./hook-queue.ts";
import type { WireInquiry, WireRequest } from "./wire.ts";

/** Clustered by order, so that an operation reads one leaf and writes one row. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS txn (
    order_ref TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, shop TEXT NOT NULL,
    op TEXT NOT NULL, root INTEGER NOT NULL, amt INTEGER NOT NULL, ccy TEXT NOT NULL, state TEXT NOT NULL,
    note TEXT NOT NULL, trait TEXT NOT NULL, last4 TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (order_ref, seq)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS challenge (
    token TEXT PRIMARY KEY, order_ref TEXT NOT NULL, seq INTEGER NOT NULL, back TEXT NOT NULL) WITHOUT ROWID;`;

const LOAD = `SELECT order_ref AS "order", seq, id, key, shop, op, root, amt, ccy, state, note, trait, last4, at
  FROM txn WHERE order_ref = ? ORDER BY seq`;
const INSERT = "INSERT INTO txn VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
const UPDATE = "UPDATE txn SET state = ?, note = ?, at = ? WHERE order_ref = ? AND seq = ?";

export interface ChallengeView {
  /** Minor units; ISO 4217, upper case. */
  amount: number;
  currency: string;
  /** Empty where it is no card. */
  last4: string;
  isOpen: boolean;
  /** Where the shopper goes when it is answered, the processor's reference attached. */
  back: string;
}

interface ChallengeRow extends Record<string, SqlStorageValue> {
  order_ref: string;
  seq: number;
  back: string;
}

export class Books {
  readonly #sql: SqlStorage;
  readonly #objectId: string;
  readonly #hooks: HookQueue;

  constructor(sql: SqlStorage, objectId: string, hooks: HookQueue) {
    this.#sql = sql;
    this.#objectId = objectId;
    this.#hooks = hooks;
    sql.exec(SCHEMA);
  }

  /** The order's lines as of `now`: what only time settles is settled by reading. */
  load(order: string, now: number): Entry[] {
    const rows = this.#sql.exec<Entry & Record<string, SqlStorageValue>>(LOAD, order).toArray();
    return rows.map((entry) => ripen(entry, now));
  }

  /** Null: no answer is given. */
  perform(request: WireRequest, fresh: Fresh): Reply | null {
    const entries = this.load(request.order, fresh.now);
    const verdict = execute(request, entries, fresh);
    switch (verdict.kind) {
      case "drop":
        return null;
      case "refuse":
        return verdict.reply;
      case "known":
        return this.#answer(verdict.entry);
      case "book": {
        const { entry, withdraws } = verdict;
        this.#insert(entry);
        if (withdraws !== undefined) this.#update({ ...withdraws, state: "NO", note: "withdrawn", at: fresh.now });
        if (entry.state === "ASK") {
          this.#sql.exec("INSERT INTO challenge VALUES (?,?,?,?)", entry.note, entry.order, entry.seq, request.back);
        }
        this.#hooks.booked(entry, request, fresh.now);
        return verdict.silent ? null : this.#answer(entry);
      }
    }
  }

  /** What became of a key. One that never came is withdrawn on request; a refund that waits is settled by being asked about. */
  inquire(inquiry: WireInquiry, fresh: Fresh): Reply {
    const { order, shop, key } = inquiry;
    const entries = this.load(order, fresh.now);
    const entry = entries.find((known) => known.key === key && known.shop === shop);
    if (entry === undefined && !inquiry.withdraw) return { status: 404, body: { res: "NONE", key, order } };
    if (entry === undefined) {
      const gone = goneEntry(inquiry, entries.length + 1, fresh.now);
      this.#insert(gone);
      return answerOf(gone, null);
    }
    if (entry.state !== "WAIT") return this.#answer(entry);
    const settled: Entry = { ...entry, state: "OK", at: fresh.now };
    this.#update(settled);
    return this.#answer(settled);
  }

  readChallenge(token: string, now: number): ChallengeView | null {
    const found = this.#challenged(token, now);
    if (found === null) return null;
    const { entry, back } = found;
    const url = new URL(back);
    url.searchParams.set("reference", entry.id);
    const { amt: amount, ccy: currency, last4 } = entry;
    return { amount, currency, last4, isOpen: entry.state === "ASK", back: url.href };
  }

  /** The first decision stands. Approving does at once what the sale, hold or check had asked for. */
  decideChallenge(token: string, approves: boolean, now: number): void {
    const found = this.#challenged(token, now);
    if (found === null || found.entry.state !== "ASK") return;
    const decided: Entry = {
      ...found.entry,
      state: approves ? "OK" : "NO",
      note: approves ? "" : "auth_rejected",
      at: now,
    };
    this.#update(decided);
    this.#hooks.settled(decided, found.back, now);
  }

  #challenged(token: string, now: number): { entry: Entry; back: string } | null {
    const row = this.#sql
      .exec<ChallengeRow>("SELECT order_ref, seq, back FROM challenge WHERE token = ?", token)
      .toArray()[0];
    if (row === undefined) return null;
    const entry = this.load(row.order_ref, now).find((line) => line.seq === row.seq);
    return entry === undefined ? null : { entry, back: row.back };
  }

  #answer(entry: Entry): Reply {
    if (entry.state !== "ASK") return answerOf(entry, null);
    const row = this.#sql.exec<ChallengeRow>("SELECT * FROM challenge WHERE token = ?", entry.note).one();
    return answerOf(entry, `${new URL(row.back).origin}/sandbox/challenge/${challengeId(this.#objectId, entry.note)}`);
  }

  #insert(entry: Entry): void {
    const { order, seq, id, key, shop, op, root, amt, ccy, state, note, trait, last4, at } = entry;
    this.#sql.exec(INSERT, order, seq, id, key, shop, op, root, amt, ccy, state, note, trait, last4, at);
  }

  #update(entry: Entry): void {
    this.#sql.exec(UPDATE, entry.state, entry.note, entry.at, entry.order, entry.seq);
  }
}

/** Says that the key was withdrawn before anything came with it. */
function goneEntry({ order, key, shop }: WireInquiry, seq: number, at: number): Entry {
  const nothing = { id: "", op: "check", root: 0, amt: 0, ccy: "", note: "", trait: "", last4: "" } as const;
  return { ...nothing, order, seq, key, shop, state: "GONE", at };
}

function ripen(entry: Entry, now: number): Entry {
  if (entry.state === "WAIT" && now >= entry.at + REFUND_WAIT_MS)
    return { ...entry, state: "OK", at: entry.at + REFUND_WAIT_MS };
  if (entry.state === "ASK" && now >= entry.at + CHALLENGE_MS) return { ...entry, state: "NO", note: "auth_lapsed" };
  return entry;
}
