import type { PaymentDetails, PaymentMethodView } from "../domain/payment/details.ts";
import type { PaymentEvent } from "../domain/payment/events.ts";
import type { RecordedDecision } from "../domain/routing/backtest.ts";
import { creditOf } from "../domain/routing/blame.ts";
import { type FieldValue, readField } from "../domain/routing/fields.ts";
import type { RoutePlan } from "../domain/routing/plan.ts";
import { recordedAccounts } from "../domain/routing/receipt.ts";
import { childId } from "../domain/ids.ts";
import { EVENTS_PER_PAYMENT } from "./payment-log.ts";
import type { DecisionPage } from "./shard-api.ts";

/** Payments of a page: some hundred kilobytes of answer. */
const PAGE_PAYMENTS = 500;

/** What a back-test asks for. Times in ms since 1970, both included; `fields` are those that it looks at. */
export interface DecisionQuery {
  from: number;
  to: number;
  fields: readonly string[];
}

/** Payments are numbered in the order of their creation, so a range of time is a range of numbers. */
export function listDecisions(sql: SqlStorage, query: DecisionQuery, after: number): DecisionPage {
  const begin = after > 0 ? after : firstSince(sql, query.from) - 1;
  const rows = sql
    .exec<{ number: number; id: string }>(
      "SELECT number, id FROM payments WHERE number > ? ORDER BY number LIMIT ?",
      begin,
      PAGE_PAYMENTS,
    )
    .toArray();
  const last = rows.at(-1);
  if (last === undefined) return { decisions: [], next: null };
  const created = rows.flatMap(({ number, id }) => read(sql, number, id, query) ?? []);
  const isLate = createdAt(sql, last.number) > query.to;
  const isDone = rows.length < PAGE_PAYMENTS || isLate;
  return { decisions: created, next: isDone ? null : last.number };
}

/** The number of the first payment created then or later: by halves. */
function firstSince(sql: SqlStorage, from: number): number {
  const { last } = sql.exec<{ last: number | null }>("SELECT max(number) AS last FROM payments").one();
  let low = 1;
  let high = (last ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (createdAt(sql, middle) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of a number that a rolled back create left unused: 0, as if it were long ago. */
function createdAt(sql: SqlStorage, number: number): number {
  const [row] = sql
    .exec<{ created: number }>("SELECT created FROM events WHERE id = ?", number * EVENTS_PER_PAYMENT + 1)
    .toArray();
  return row?.created ?? 0;
}

/** The first attempt, told by its first events; null where there was none, or its outcome is not known yet. */
function read(
  sql: SqlStorage,
  number: number,
  id: string,
  { from, to, fields }: DecisionQuery,
): RecordedDecision | null {
  const base = number * EVENTS_PER_PAYMENT;
  const events = sql
    .exec<{ created: number; data: string }>(
      "SELECT created, data FROM events WHERE id > ? AND id < ? ORDER BY id",
      base,
      base + EVENTS_PER_PAYMENT,
    )
    .toArray();
  const [first] = events;
  if (first === undefined || first.created < from || first.created > to) return null;
  const attemptId = childId("att", id, 1);
  let details: PaymentDetails | null = null;
  let method: PaymentMethodView | null = null;
  let plan: RoutePlan | null = null;
  for (const { data } of events) {
    const event = JSON.parse(data) as PaymentEvent;
    if (event.kind === "created") ({ details, method } = event);
    if (event.kind === "updated" && details !== null && plan === null) {
      details = { ...details, ...event.changes };
      method = event.method ?? method;
    }
    if (event.kind === "attemptStarted" && event.attemptId === attemptId) plan = event.plan;
    const outcome = outcomeOf(event, attemptId);
    if (outcome === null || plan === null || details === null || method === null) continue;
    // What named its connector was not routed.
    if (details.connector !== undefined) return null;
    const accounts = recordedAccounts(plan);
    const chosen = plan.candidates[0]?.id ?? "";
    return {
      paymentId: id,
      at: first.created,
      fields: valuesOf(fields, details, method),
      accounts,
      chosen,
      ...outcome,
    };
  }
  return null;
}

function outcomeOf(event: PaymentEvent, attemptId: string): { approved: boolean; isCredited: boolean } | null {
  if (!("attemptId" in event) || event.attemptId !== attemptId) return null;
  switch (event.kind) {
    case "charged":
    case "authorized":
    case "verified":
      return { approved: true, isCredited: true };
    case "attemptFailed":
      return { approved: false, isCredited: creditOf({ kind: "declined", error: event.error }) !== null };
    default:
      return null;
  }
}

function valuesOf(
  names: readonly string[],
  details: PaymentDetails,
  method: PaymentMethodView,
): Record<string, FieldValue> {
  const values = names.map((name) => [name, readField(name, details, method)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}
