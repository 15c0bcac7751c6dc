import { parseChildId } from "../domain/ids.ts";
import { postLedger } from "../domain/payment/ledger.ts";
import { isoTime, present, presentRefund } from "../domain/payment/present.ts";
import type { PaymentState } from "../domain/payment/state.ts";
import { clientSecretOf } from "../vault/client-secret.ts";
import type { ShardContext } from "./commands.ts";
import type { Page, Reply } from "./shard-api.ts";

/** All of it: payments have tens of events, never more than fit one answer. */
const EVERYTHING = 2 ** 15;

export const NOT_FOUND: Reply = { ok: false, rejection: { code: "not_found", message: "There is no such object." } };

const BAD_CURSOR: Reply = {
  ok: false,
  rejection: {
    code: "parameter_invalid",
    message: "cursor: must be the nextCursor of a page before.",
    param: "cursor",
    issues: [{ path: "cursor", code: "custom", message: "must be the nextCursor of a page before" }],
  },
};

export function renderPayment(env: Env, state: PaymentState): string {
  return JSON.stringify(present(state, clientSecretOf(env.MASTER_KEY, state.id)));
}

export function renderRefund(state: PaymentState, refundId: string): string | null {
  const refund = state.refunds.find((candidate) => candidate.id === refundId);
  return refund === undefined ? null : JSON.stringify(presentRefund(state, refund));
}

export function readPayment(
  { env, tables }: ShardContext,
  id: string,
  asOf: { version: number } | { at: number } | null,
): Reply {
  const held = tables.log.find(id);
  if (held === null) return NOT_FOUND;
  if (asOf === null) return answer(renderPayment(env, held.state));
  const state = tables.log.foldWhile(id, ({ sequence, created }) =>
    "version" in asOf ? sequence <= asOf.version : created <= asOf.at,
  );
  return state === null ? NOT_FOUND : answer(renderPayment(env, state));
}

export function readRefund({ tables }: ShardContext, refundId: string): Reply {
  const held = tables.log.find(parseChildId("re", refundId)?.paymentId ?? "");
  const body = held === null ? null : renderRefund(held.state, refundId);
  return body === null ? NOT_FOUND : answer(body);
}

/** Newest first, as every list of objects. */
export function listRefunds({ tables }: ShardContext, id: string, page: Page): Reply {
  const held = tables.log.find(id);
  if (held === null) return NOT_FOUND;
  const before = positionOf(page.cursor, EVERYTHING);
  if (before === null) return BAD_CURSOR;
  const older = held.state.refunds.map((refund, index) => ({ refund, position: index + 1 })).reverse();
  const rest = older.filter(({ position }) => position < before);
  return listed(rest, page.limit, {
    present: ({ refund }) => presentRefund(held.state, refund),
    position: ({ position }) => position,
  });
}

export function listEvents({ tables }: ShardContext, id: string, page: Page): Reply {
  if (tables.log.find(id) === null) return NOT_FOUND;
  const after = positionOf(page.cursor, 0);
  if (after === null) return BAD_CURSOR;
  const rows = tables.log.rows(id, after, page.limit + 1);
  return listed(rows, page.limit, {
    present: ({ sequence, type, created, from, to, event, hash, previousHash }) => {
      return { sequence, type, created: isoTime(created), from, to, data: event, hash, previousHash };
    },
    position: ({ sequence }) => sequence,
  });
}

export function listOperations({ tables }: ShardContext, id: string, page: Page): Reply {
  const held = tables.log.find(id);
  if (held === null) return NOT_FOUND;
  const labels = new Map(held.state.attempts.map(({ account }) => [account.id, account.label]));
  const after = positionOf(page.cursor, 0);
  if (after === null) return BAD_CURSOR;
  const calls = tables.calls.list(held.number, after, page.limit + 1);
  return listed(calls, page.limit, {
    present: (call) => ({ ...call, connector: labels.get(call.connector) ?? call.connector }),
    position: ({ sequence }) => sequence,
  });
}

export function readLedger({ tables }: ShardContext, id: string, page: Page): Reply {
  if (tables.log.find(id) === null) return NOT_FOUND;
  const log = tables.log
    .rows(id, 0, EVERYTHING)
    .map(({ sequence, created, event }) => ({ sequence, at: created, event }));
  const after = positionOf(page.cursor, 0);
  if (after === null) return BAD_CURSOR;
  const entries = postLedger(log).filter(({ sequence }) => sequence > after);
  return listed(entries, page.limit, { present: (entry) => entry, position: ({ sequence }) => sequence });
}

function answer(body: string): Reply {
  return { ok: true, status: 200, body, replayed: false };
}

function listed<T>(
  rows: readonly T[],
  limit: number,
  { present: show, position }: { present: (row: T) => unknown; position: (row: T) => number },
): Reply {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const hasMore = rows.length > page.length;
  const nextCursor = hasMore && last !== undefined ? String(position(last)) : null;
  return answer(JSON.stringify({ data: page.map(show), hasMore, nextCursor }));
}

/** Where a page begins: `start` without a cursor; null where it is none of ours. */
function positionOf(cursor: string | null, start: number): number | null {
  if (cursor === null) return start;
  return /^[1-9]\d{0,5}$/.test(cursor) ? Number(cursor) : null;
}
