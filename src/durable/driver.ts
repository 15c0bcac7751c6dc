import type { CallContext, Connector, ProcessorCall } from "../connectors/connector.ts";
import { connectorNamed, openDoor } from "../connectors/registry.ts";
import type { Outcome } from "../domain/outcome.ts";
import { contradictedEvent, observe } from "../domain/payment/observe.ts";
import { GIVE_UP_AFTER_MS, planRecovery, recoveryDelayMs } from "../domain/payment/recovery.ts";
import type { OwedCall, PaymentState } from "../domain/payment/state.ts";
import type { CardSecret } from "../vault/card.ts";
import { writeReturnTicket } from "../vault/return-ticket.ts";
import type { AddressBook } from "./address-book.ts";
import type { Verb } from "./calls.ts";
import type { CommitQueue } from "./commit-queue.ts";
import type { Configuration } from "./configuration.ts";
import type { FaultPoint } from "./fault-points.ts";
import type { HeldPayment } from "./payment-log.ts";
import { saveIfOwed } from "./method-saving.ts";
import {
  attemptOf,
  journalEntry,
  openOperations,
  type Operation,
  owedOperation,
  processorCall,
} from "./processor-call.ts";
import { CVC_LIFETIME_MS } from "./secrets.ts";
import { type ShardTables, transition } from "./transition.ts";

export interface DriverPorts {
  env: Env;
  tables: ShardTables;
  commits: CommitQueue;
  configuration: Configuration;
  address: AddressBook;
  now: () => number;
  reach: (point: FaultPoint, paymentId: string) => void | Promise<void>;
  /** A processor answered, or kept silent: what routing learns from. In memory only. */
  observed: (state: PaymentState, operation: Operation, answer: { outcome: Outcome; latencyMs: number }) => void;
}

/** A call, ready to be made, and the row that remembers it. */
interface PreparedCall {
  operation: Operation;
  row: number;
  verb: Verb;
  conclude: boolean;
}

/**
 * Does what a payment owes. Serving a request, recovering from a crash, an alarm and a webhook come here alike: load,
 * do what is owed, append what it proves. At most one of these runs for a payment at a time in this instance; the
 * journal and the processor's idempotency keys cover the instances that are gone.
 */
export class Driver {
  readonly #ports: DriverPorts;
  readonly #live = new Map<string, Promise<void>>();

  constructor(ports: DriverPorts) {
    this.#ports = ports;
  }

  /** The run that is under way for this payment, if any. */
  live(id: string): Promise<void> | undefined {
    return this.#live.get(id);
  }

  /**
   * Call it last inside the commit that owes a call which nobody has made yet: from then on no other request can
   * mistake that call for a lost one. The run itself starts when the commit's turn is over, with `first`.
   */
  begin(id: string, first?: () => Promise<void>): void {
    if (this.#live.has(id)) return;
    void this.#start(id, async () => {
      await null;
      await this.#ports.reach("after_intent", id);
      await first?.();
      await this.#follow(id);
    });
  }

  /** Finds out what became of the call that is owed, joining a run that is under way. */
  recover(id: string): Promise<void> {
    return this.#live.get(id) ?? this.#start(id, () => this.#recover(id));
  }

  /** Asks the processor about everything that could have changed there. */
  ask(id: string): Promise<void> {
    return this.#live.get(id) ?? this.#start(id, () => this.#ask(id));
  }

  #start(id: string, work: () => Promise<void>): Promise<void> {
    const run = work()
      .catch((error: unknown) => {
        console.error(JSON.stringify({ event: "drive_failed", payment: id, reason: String(error) }));
      })
      .then(() => this.#postponeIfOwed(id))
      .then(() => saveIfOwed(this.#ports, id))
      .finally(() => this.#live.delete(id));
    this.#live.set(id, run);
    return run;
  }

  /** Makes the owed call that was just intended, and those that its outcome intends, until none is owed. */
  async #follow(id: string): Promise<void> {
    for (;;) {
      const { state, number } = this.#held(id);
      const operation = owedOperation(state);
      if (operation === null) return;
      const last = this.#ports.tables.calls.last(number, operation.key);
      // Made already, and silent: only recovery may ask about it.
      if (last === null || last.verb !== "perform" || last.isObserved) return;
      await this.#make(id, { operation, row: last.id, verb: "perform", conclude: false });
    }
  }

  async #recover(id: string): Promise<void> {
    const key = this.#held(id).state.owed?.key;
    await this.#recoverCall(id, key);
    // A message settled it meanwhile, and what was begun then has waited for this run to send it.
    if (this.#held(id).state.owed?.key !== key) await this.#follow(id);
  }

  async #recoverCall(id: string, key: string | undefined): Promise<void> {
    // Each step settles the call, or learns something that leads to another step, or nothing: then the alarm goes on.
    for (let step = 0; step < MAX_STEPS; step++) {
      const held = this.#held(id);
      const operation = owedOperation(held.state);
      if (operation === null || operation.key !== key) return;
      const prepared = await this.#prepareRecovery(held, operation);
      if (prepared === null) return;
      const settled = await this.#make(id, prepared);
      if (settled) return;
      const { outcome } = this.#ports.tables.calls.under(held.number, operation.key).at(-1) ?? { outcome: null };
      if (outcome !== "not_found") return;
    }
  }

  async #prepareRecovery(held: HeldPayment, operation: Operation): Promise<PreparedCall | null> {
    const { tables, now } = this.#ports;
    const connector = connectorOf(held.state, operation);
    const since = held.state.owed?.since ?? now();
    const { lookup, replayWindowHours } = connector.capabilities.recovery;
    // A quarter less than the processor promises; a card must go out with the same bytes, so with its CVC.
    const windowMs = replayWindowHours * 3_600_000 * 0.75;
    const isCardNeeded = operation.key === operation.attemptId && held.state.method?.card !== undefined;
    const limitMs = isCardNeeded ? Math.min(windowMs, CVC_LIFETIME_MS) : windowMs;
    const calls = tables.calls.under(held.number, operation.key);
    const step = planRecovery({ calls, lookup, canReplay: now() - since < limitMs });
    if (step.verb === "wait") return null;
    const row = await this.#intend(held, operation, step.verb);
    return { operation, row, verb: step.verb, conclude: step.verb === "lookup" && step.conclude };
  }

  async #ask(id: string): Promise<void> {
    if (this.#held(id).state.owed !== null) await this.#recover(id);
    if (this.#held(id).state.owed !== null) return;
    for (const operation of openOperations(this.#held(id).state)) {
      const row = await this.#intend(this.#held(id), operation, "lookup");
      await this.#make(id, { operation, row, verb: "lookup", conclude: false });
    }
    await this.#follow(id);
  }

  #intend(held: HeldPayment, operation: Operation, verb: Verb): Promise<number> {
    const { tables, commits, now } = this.#ports;
    return commits.run(() => tables.calls.intend(journalEntry(held, operation, verb), now()));
  }

  /** Makes the call and commits what it proves; true where that settled the operation. */
  async #make(id: string, call: PreparedCall): Promise<boolean> {
    const outcome = await this.#perform(this.#held(id), call);
    await this.#ports.reach("after_call", id);
    const settled = await this.#ports.commits.run(() => this.#settle(id, call, outcome));
    await this.#ports.reach("after_outcome", id);
    return settled;
  }

  #settle(id: string, call: PreparedCall, outcome: Outcome): boolean {
    const { tables, now } = this.#ports;
    // Read again: a webhook or another instance may have settled it while the call was out.
    const held = this.#held(id);
    const at = now();
    const { key } = call.operation;
    const events = observe(held.state, key, outcome, at);
    tables.calls.observe(call.row, outcome, { isSettled: events.length > 0, at });
    if (events.length > 0) {
      this.#keep(transition(tables, { id, held }, events, at));
      return true;
    }
    return false;
  }

  /** The run is over and the outcome still unknown: whoever asked is answered so, and the alarm goes on. */
  async #postponeIfOwed(id: string): Promise<void> {
    if (this.#held(id).state.owed === null) return;
    await this.#ports.commits.run(() => {
      const held = this.#held(id);
      if (held.state.owed !== null) this.#postpone(held, held.state.owed);
    });
  }

  #postpone(held: HeldPayment, { key, since }: OwedCall): void {
    const { tables, now } = this.#ports;
    const { number, state } = held;
    tables.answers.pin(number, state.version);
    if (now() - since > GIVE_UP_AFTER_MS) {
      const reason = "its outcome stayed unknown for seven days: a person has to ask the processor";
      this.#keep(transition(tables, { id: state.id, held }, [contradictedEvent(state, key, reason)], now()));
      return;
    }
    const tries = tables.due.tries(number, "recover");
    tables.due.set(number, "recover", now() + recoveryDelayMs(tries, Math.random()), tries + 1);
  }

  /** Never throws: whatever goes wrong on the way out or back proves nothing. */
  async #perform(held: HeldPayment, { operation, verb, conclude }: PreparedCall): Promise<Outcome> {
    const { configuration, address, env, now } = this.#ports;
    try {
      const connector = connectorOf(held.state, operation);
      const account = await configuration.account(address.get(), attemptOf(held.state, operation).account.id);
      if (account === null) return verb === "perform" ? accountGone() : { kind: "unknown", reason: "account gone" };
      const context: CallContext = { account, now: now(), send: openDoor(connector, account, env) };
      const card = await this.#card(held, operation, verb);
      const returnUrl = returnUrlOf(env, held.state, operation);
      const call = processorCall(held.state, operation, { card, returnUrl, isRepeat: verb === "replay" });
      if (verb === "lookup") return await connector.lookup(call, context, { conclude });
      const sentAt = Date.now();
      const outcome = await performCall(connector, call, context);
      this.#ports.observed(held.state, operation, { outcome, latencyMs: Date.now() - sentAt });
      // A repeat that was refused executed nothing; whether the first request did is as open as before. So is a
      // challenge whose result could not be fetched: the shopper can still pass it.
      const isOpen = outcome.kind === "failed" && (verb === "replay" || operation.kind === "authenticate");
      return isOpen ? { kind: "unknown", reason: `the ${verb} failed: ${outcome.error.code}` } : outcome;
    } catch (error) {
      return { kind: "unknown", reason: `our own fault: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  #card(held: HeldPayment, operation: Operation, verb: Verb): Promise<CardSecret | null> | null {
    const view = held.state.method?.card;
    if (verb === "lookup" || operation.key !== operation.attemptId || view === undefined) return null;
    return this.#ports.tables.secrets.open(held.number, held.state.id, view);
  }

  #held(id: string): HeldPayment {
    const held = this.#ports.tables.log.find(id);
    if (held === null) throw new Error(`${id} is not in this shard`);
    return held;
  }

  #keep(held: HeldPayment): void {
    this.#ports.tables.log.keep(held);
  }
}

/** Look, replay, look again: more in one run would be pestering. */
const MAX_STEPS = 3;

function connectorOf(state: PaymentState, operation: Operation): Connector {
  const { processor } = attemptOf(state, operation).account;
  const connector = connectorNamed(processor);
  if (connector === undefined) throw new Error(`no connector ${processor}`);
  return connector;
}

function returnUrlOf({ MASTER_KEY }: Env, state: PaymentState, operation: Operation): string {
  const { id: attemptId, origin } = attemptOf(state, operation);
  return `${origin}/return/${writeReturnTicket(MASTER_KEY, { ...state.owner, attemptId })}`;
}

/** Separate, so that the one line which moves money is easy to find. */
function performCall(connector: Connector, call: ProcessorCall, context: CallContext): Promise<Outcome> {
  return connector.perform(call, context);
}

function accountGone(): Outcome {
  return {
    kind: "failed",
    error: {
      code: "processor_error",
      message: "The connector account does not exist any more; nothing was sent.",
      declineCode: null,
      category: "processor_unavailable",
      retryable: true,
      connectorCode: null,
      connectorMessage: null,
    },
  };
}
