/** The books as anybody may see them: what was executed and held, took or gave back money. Pure. */
import type { BookedOp, Entry } from "./entry.ts";

export interface LedgerLine {
  /** The processor's id of the operation. */
  id: string;
  operation: "charge" | "authorize" | "capture" | "void" | "refund";
  /** Minor units; of a void, what it released. */
  amount: number;
  /** ISO 4217, lower case. */
  currency: string;
  idempotencyKey: string;
  /** `ca_…` */
  account: string;
  paymentId: string;
  created: string;
}

export interface LedgerPage {
  data: LedgerLine[];
  hasMore: boolean;
  nextCursor: string | null;
}

const OPERATIONS: Record<Exclude<BookedOp, "check">, LedgerLine["operation"]> = {
  sale: "charge",
  hold: "authorize",
  take: "capture",
  release: "void",
  return: "refund",
};

/** Newest first. Null where the cursor is not one of ours. */
export function ledgerPage(entries: readonly Entry[], limit: number, cursor: string | null): LedgerPage | null {
  const moved = entries.filter((entry) => entry.state === "OK" && entry.amt > 0 && entry.op !== "check");
  moved.sort((a, b) => b.at - a.at || b.seq - a.seq);
  const after = cursor === null ? null : readCursor(cursor);
  if (cursor !== null && after === null) return null;
  const left =
    after === null
      ? moved
      : moved.filter((entry) => entry.at < after.at || (entry.at === after.at && entry.seq < after.seq));
  const shown = left.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = left.length > shown.length;
  return { data: shown.map(lineOf), hasMore, nextCursor: hasMore && last ? btoa(`${last.at}.${last.seq}`) : null };
}

function readCursor(text: string): { at: number; seq: number } | null {
  let plain: string;
  try {
    plain = atob(text);
  } catch {
    return null;
  }
  const match = /^(\d{1,15})\.(\d{1,9})$/.exec(plain);
  return match === null ? null : { at: Number(match[1]), seq: Number(match[2]) };
}

function lineOf(entry: Entry): LedgerLine {
  const operation = OPERATIONS[entry.op as keyof typeof OPERATIONS];
  const { id, amt: amount, key: idempotencyKey, shop: account, order: paymentId } = entry;
  const created = new Date(entry.at).toISOString();
  return { id, operation, amount, currency: entry.ccy.toLowerCase(), idempotencyKey, account, paymentId, created };
}
