import type { PaymentEvent } from "../domain/payment/events.ts";
import { isAwaitingAuthorization, nextExpiryAt } from "../domain/payment/schedule.ts";
import type { PaymentState } from "../domain/payment/state.ts";
import type { Answers } from "./answers.ts";
import type { Calls } from "./calls.ts";
import type { DueTable } from "./due-table.ts";
import type { Inbox } from "./inbox.ts";
import type { Outbox } from "./outbox.ts";
import type { HeldPayment, PaymentLog } from "./payment-log.ts";
import { journalEntry, owedOperation } from "./processor-call.ts";
import type { Secrets } from "./secrets.ts";

/** The tables that change together with a payment. */
export interface ShardTables {
  log: PaymentLog;
  calls: Calls;
  answers: Answers;
  due: DueTable;
  secrets: Secrets;
  outbox: Outbox;
  inbox: Inbox;
}

/**
 * Longer than any connector may take, so that the alarm never asks about a call that is still in flight. A new
 * instance does not wait for it: what its predecessor had in flight is lost for certain.
 */
const RECOVERY_MARGIN_MS = 30_000;
/** Longer than the run that proved the card tries to save it by itself. */
const SAVING_MARGIN_MS = 10_000;
/** Pending refunds are first asked about a little after the processor usually knows. */
export const FIRST_POLL_MS = 4_000;

/**
 * The one way in which a payment changes: the events, and everything that follows from them, in one transaction. Call
 * it inside a commit; nothing in it may be awaited.
 */
export function transition(
  tables: ShardTables,
  payment: { id: string; held: HeldPayment | null },
  events: readonly PaymentEvent[],
  at: number,
): HeldPayment {
  const before = payment.held?.state ?? null;
  const after = tables.log.append(payment.id, payment.held, events, {
    at,
    each: (number, appended) => tables.outbox.add(number, appended),
  });
  oweCall(tables, before, after, at);
  schedule(tables, before, after, at);
  forgetCard(tables, before, after, at);
  return after;
}

function oweCall(
  { calls, due, answers }: ShardTables,
  before: PaymentState | null,
  after: HeldPayment,
  at: number,
): void {
  const { number, state } = after;
  const operation = owedOperation(state);
  if (operation === null) {
    if (before?.owed != null) {
      due.clear(number, "recover");
      answers.pin(number, state.version);
    }
    return;
  }
  const isNew = before?.owed?.key !== state.owed?.key || before?.owed?.kind !== state.owed?.kind;
  if (!isNew) return;
  calls.intend(journalEntry(after, operation, "perform"), at);
  due.set(number, "recover", at + RECOVERY_MARGIN_MS);
}

function schedule({ due }: ShardTables, before: PaymentState | null, { number, state }: HeldPayment, at: number): void {
  const expiry = nextExpiryAt(state);
  const knownExpiry = before === null ? null : nextExpiryAt(before);
  if (expiry !== knownExpiry) {
    if (expiry === null) due.clear(number, "expire");
    else due.set(number, "expire", expiry);
  }
  const isPolled = hasPendingRefund(state);
  const wasPolled = before !== null && hasPendingRefund(before);
  if (isPolled && !wasPolled) due.set(number, "poll", at + FIRST_POLL_MS);
  if (!isPolled && wasPolled) due.clear(number, "poll");
}

function hasPendingRefund(state: PaymentState): boolean {
  return state.refunds.some((refund) => refund.status === "pending");
}

/** In the commit that settles the authorisation, whichever way it ended. A card to be kept stays until the vault has it. */
function forgetCard(
  { secrets, due }: ShardTables,
  before: PaymentState | null,
  { number, state }: HeldPayment,
  at: number,
): void {
  if (before === null || !isAwaitingAuthorization(before) || isAwaitingAuthorization(state)) return;
  if (state.savedMethod === null) return secrets.forget(number);
  secrets.forgetCvc(number);
  due.set(number, "save", at + SAVING_MARGIN_MS);
}
