import { createHash } from "node:crypto";
import { observe } from "../domain/payment/observe.ts";
import { recoveryDelayMs } from "../domain/payment/recovery.ts";
import type { Attempt, PaymentState } from "../domain/payment/state.ts";
import type { ShardContext } from "./commands.ts";
import type { DueJob } from "./due-table.ts";
import { saveIfOwed } from "./method-saving.ts";
import { openOperations } from "./processor-call.ts";
import type { Heard, ProcessorMessage } from "./shard-api.ts";
import { transition } from "./transition.ts";

/** A processor waits a moment for what its hint leads to, so that a merchant who reads right after it sees it. */
const MAX_ASK_WAIT_MS = 2_000;
/** Longer than any processor may take to answer: until then the asking of this instance is under way. */
const ASK_MARGIN_MS = 30_000;
/** With the ladder of recovery: four days. */
const MAX_ASKS = 13;

/** Messages that were heard, by name. Processors send each more than once, for days. */
export class Inbox {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** In the commit of what the message changes; false where it was heard before. */
  note(payment: number, { accountId, messageId, key }: ProcessorMessage, at: number): boolean {
    const name = createHash("sha256")
      .update(`${accountId}\n${messageId}\n${key ?? ""}`)
      .digest()
      .subarray(0, 16);
    const { rowsWritten } = this.#sql.exec(
      "INSERT OR IGNORE INTO inbox (name, payment, heard) VALUES (?, ?, ?)",
      name,
      payment,
      at,
    );
    return rowsWritten > 0;
  }
}

/**
 * A processor's verified message about a payment. What it proves goes the way of every outcome (`observe`), so a late
 * or repeated one changes nothing; what it only hints at is asked about. Writes nothing for a payment that is not here.
 */
export async function hear(context: ShardContext, message: ProcessorMessage): Promise<Heard> {
  const { commits, driver } = context;
  const id = message.paymentId;
  const heard = await commits.run(() => note(context, id, message));
  if (heard === "asked") await Promise.race([driver.ask(id), scheduler.wait(MAX_ASK_WAIT_MS)]);
  else if (heard === "heard") {
    await Promise.race([driver.live(id) ?? saveIfOwed(context, id), scheduler.wait(MAX_ASK_WAIT_MS)]);
  }
  return heard;
}

/** Inside a commit. */
function note({ tables, driver, now }: ShardContext, id: string, message: ProcessorMessage): Heard {
  const held = tables.log.find(id);
  // An account speaks only of what was done through it, whoever else's secrets its owner may know.
  if (held === null || attemptOf(held.state, message.key)?.account.id !== message.accountId) return "unknown";
  const at = now();
  if (!tables.inbox.note(held.number, message, at)) return "duplicate";
  const { key, outcome } = message;
  if (key === null || outcome === null || outcome.kind === "unknown" || outcome.kind === "not_found") {
    if (!isOpen(held.state)) return "heard";
    tables.due.set(held.number, "confirm", at + ASK_MARGIN_MS);
    return "asked";
  }
  const events = observe(held.state, key, outcome, at);
  if (events.length === 0) {
    reportContradiction(held.state, message);
    // It may have come while another call was out and nothing else could be decided; it will not come again.
    if (held.state.owed !== null) tables.due.set(held.number, "confirm", at + ASK_MARGIN_MS);
    return "heard";
  }
  const next = transition(tables, { id, held }, events, at);
  tables.log.keep(next);
  if (next.state.owed !== null && next.state.owed.key !== held.state.owed?.key) driver.begin(id);
  return "heard";
}

function attemptOf(state: PaymentState, key: string | null): Attempt | undefined {
  const isRefund = state.refunds.some((refund) => refund.id === key);
  if (key === null || isRefund) return state.attempts.at(-1);
  return state.attempts.find(({ id }) => key === id || key.startsWith(`${id}-`));
}

/** Whether an answer could still change anything: a call is owed, a challenge or a refund is open. */
function isOpen({ owed, attempts, refunds, ended }: PaymentState): boolean {
  const isChallenged = attempts.at(-1)?.status === "authentication_pending" && ended === null;
  return owed !== null || isChallenged || refunds.some(({ status }) => status === "pending" || status === "review");
}

/** Money where we say there is none. The status stays, as a late message must not move it back; a person has to look. */
function reportContradiction(state: PaymentState, { key, outcome, accountId }: ProcessorMessage): void {
  const attempt = state.attempts.find(({ id }) => id === key);
  if (outcome?.kind !== "approved" || attempt?.status !== "failed") return;
  console.error(JSON.stringify({ event: "message_contradicts", payment: state.id, attempt: key, account: accountId }));
}

/** The alarm's part: a hint whose asking got no answer, or died with its instance, is asked about again. */
export async function confirm({ tables, driver, commits, now }: ShardContext, id: string, job: DueJob): Promise<void> {
  await driver.ask(id);
  await commits.run(() => {
    const held = tables.log.find(id);
    if (held === null) return;
    const { number, state } = held;
    const isAnswered = openOperations(state).every(({ key }) => {
      const last = tables.calls.under(number, key).findLast(({ verb }) => verb === "lookup");
      return last?.outcome != null && last.outcome !== "unknown";
    });
    // What is owed has a job of its own that goes on asking.
    if (state.owed !== null || !isOpen(state) || isAnswered) return tables.due.clear(number, "confirm");
    if (job.tries < MAX_ASKS) {
      return tables.due.set(number, "confirm", now() + recoveryDelayMs(job.tries + 1, Math.random()), job.tries + 1);
    }
    console.error(JSON.stringify({ event: "hint_given_up", payment: id }));
    tables.due.clear(number, "confirm");
  });
}
