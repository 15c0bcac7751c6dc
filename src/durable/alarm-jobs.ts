import type { PaymentEvent } from "../domain/payment/events.ts";
import { recoveryDelayMs } from "../domain/payment/recovery.ts";
import { nextExpiryAt } from "../domain/payment/schedule.ts";
import { statusOf } from "../domain/payment/status.ts";
import { voidStarted } from "../domain/payment/decide/cancel.ts";
import type { PaymentState } from "../domain/payment/state.ts";
import type { ShardContext } from "./commands.ts";
import type { DueJob } from "./due-table.ts";
import { confirm } from "./inbox.ts";
import { saveMethod } from "./method-saving.ts";
import { transition } from "./transition.ts";

/** Does one thing that is due. A payment that always throws is postponed, ever longer, and stops no neighbour. */
export async function runJob(context: ShardContext, job: DueJob): Promise<void> {
  const { tables, driver, commits, now } = context;
  const held = tables.log.byNumber(job.payment);
  try {
    if (held === null) throw new Error("the payment is gone");
    const { id } = held.state;
    if (job.job === "recover") await driver.recover(id);
    else if (job.job === "poll") await poll(context, id, job);
    else if (job.job === "confirm") await confirm(context, id, job);
    else if (job.job === "save") await saveMethod(context, id);
    else await expire(context, id, job);
    // A row that nobody moved has nothing left to do; were it kept, the alarm would ring for it without end.
    await commits.run(() => tables.due.finish(job));
  } catch (error) {
    if (isReset(error)) throw error;
    const payment = held?.state.id ?? job.payment;
    console.error(
      JSON.stringify({ event: "job_failed", job: job.job, payment, tries: job.tries, reason: String(error) }),
    );
    await commits.run(() =>
      tables.due.set(job.payment, job.job, now() + recoveryDelayMs(job.tries + 1, 0.5), job.tries + 1),
    );
  }
}

/** The instance is being replaced: only the platform can run this again, in the next one. */
function isReset(error: unknown): boolean {
  const isMarked = typeof error === "object" && error !== null && "durableObjectReset" in error;
  return isMarked || /code was updated|no longer active/i.test(String(error));
}

async function poll({ tables, driver, commits, now }: ShardContext, id: string, job: DueJob): Promise<void> {
  await driver.ask(id);
  await commits.run(() => {
    const state = tables.log.find(id)?.state;
    if (!state?.refunds.some((refund) => refund.status === "pending")) return;
    tables.due.set(job.payment, "poll", now() + recoveryDelayMs(job.tries + 2, Math.random()), job.tries + 1);
  });
}

/** Asks first where the processor may know better: the shopper may have finished a moment ago. */
async function expire(context: ShardContext, id: string, job: DueJob): Promise<void> {
  const { tables, driver, commits, now } = context;
  const isOpen = (state: PaymentState | undefined) => state !== undefined && (nextExpiryAt(state) ?? Infinity) <= now();
  if (tables.log.find(id)?.state.owed != null) return void (await postpone(context, job));
  if (statusOf(requireState(context, id)) === "requires_customer_action") await driver.ask(id);
  await commits.run(() => {
    const held = tables.log.find(id);
    if (held === null || held.state.owed !== null || !isOpen(held.state)) return;
    const next = transition(tables, { id, held }, [expiryOf(held.state)], now());
    tables.log.keep(next);
    if (next.state.owed !== null) driver.begin(id);
  });
  await driver.live(id);
  // A void that was refused or stays unknown leaves the challenge open: it is asked about again.
  if (isOpen(tables.log.find(id)?.state)) await postpone(context, job);
}

function requireState({ tables }: ShardContext, id: string): PaymentState {
  const held = tables.log.find(id);
  if (held === null) throw new Error(`${id} is gone`);
  return held.state;
}

function postpone({ tables, commits, now }: ShardContext, job: DueJob): Promise<void> {
  return commits.run(() =>
    tables.due.set(job.payment, job.job, now() + recoveryDelayMs(job.tries + 2, Math.random()), job.tries + 1),
  );
}

/** A challenge is closed at the processor, too, or the shopper could still pay for what we call expired. */
function expiryOf(state: PaymentState): PaymentEvent {
  switch (statusOf(state)) {
    case "requires_customer_action":
      return voidStarted(state, "expire", "the challenge was abandoned");
    case "requires_payment_method":
    case "requires_confirmation":
      return { kind: "expired", what: "confirmation" };
    default:
      return { kind: "expired", what: "authorization" };
  }
}
