/** One merchant's shard, its processors, its read model and its clients, in virtual time and with faults on demand. */
import "./globals.ts";
import { PaymentShard } from "../../../src/durable/payment-shard.ts";
import type { ShardAddress } from "../../../src/durable/shard-api.ts";
import { seal } from "../../../src/vault/seal.ts";
import { type Carry, SimD1 } from "./d1.ts";
import { type Chooser, endTurn, EventLoop, type Task } from "./event-loop.ts";
import { install, uninstall } from "./globals.ts";
import { type Fact, type Fate, type ProcessorKind, SimProcessor } from "./processor.ts";
import { Random } from "./random.ts";
import { useProcessor } from "./registry.ts";
import { SqlDatabase } from "./sqlite.ts";
import { SimStorage } from "./storage.ts";

export const ADDRESS: ShardAddress = { merchantId: "mer_sim", merchantNumber: 1, mode: "test", shard: 0 };
/** 2026-01-01 */
const EPOCH_MS = 1_767_225_600_000;
const MASTER_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

export interface WorldOptions {
  seed: number;
  accounts: readonly ProcessorKind[];
  /** Chances of a fault per request to a processor or to D1. All zero: only what is scripted happens. */
  rates: { late: number; lost: number; silent: number; error: number; d1: number; crash: number };
}

export interface ClientCall<T> {
  label: string;
  state: "pending" | "answered" | "lost" | "threw";
  value: T | null;
  error: string;
}

/** Databases are emptied and used again: opening one costs more than a run. */
const shardDb = new SqlDatabase();
let d1Carry: Carry = () => Promise.reject(new Error("no world"));
const d1 = new SimD1((label, work) => d1Carry(label, work));

export class World {
  readonly loop = new EventLoop(EPOCH_MS);
  readonly random: Random;
  readonly storage: SimStorage;
  readonly processor: SimProcessor;
  readonly sql = shardDb;
  readonly d1 = d1.db;
  readonly #options: WorldOptions;
  /** What must not happen whatever the faults: collected as it happens, judged at the end. */
  readonly violations: string[] = [];
  /** Fates of the next requests; then chance decides. */
  readonly script: Fate[] = [];
  /** What the processors will tell, each as often as the network likes. */
  readonly facts: Fact[] = [];
  /** Keys under which something was asked for. */
  readonly performed = new Set<string>();
  /** Keys of calls that the instance still waits for. */
  readonly #inFlight = new Set<string>();
  isD1Down = false;
  faultsOn = true;
  /** Null: time alone decides what comes next. */
  choose: Chooser | null = null;
  /** How far apart two things may be that can still change places. */
  horizonMs = 0;
  trace: string[] | null = null;
  crashes = 0;
  steps = 0;
  #generation = 0;
  #running: number | null = null;
  #instance: PaymentShard | null = null;
  #ready: Promise<void> = Promise.resolve();
  #crashIn: number | null = null;
  #flushTask: Task | null = null;
  #alarmTask: Task | null = null;
  #alarmFailures = 0;
  readonly #open = new Set<ClientCall<unknown> & { generation: number | null }>();

  constructor(options: WorldOptions) {
    this.#options = options;
    this.random = new Random(options.seed);
    install({ loop: this.loop, random: this.random, owner: () => this.#running, onLog: (line) => this.#onLog(line) });
    this.storage = new SimStorage(shardDb, {
      now: () => this.loop.now,
      onDirty: () => this.#planFlush(),
      onAlarm: (at) => this.#planAlarm(at),
    });
    this.processor = new SimProcessor({
      now: () => this.loop.now,
      random: () => this.random.next(),
      gate: (send) => this.storage.gate(send),
      travel: (label, delayMs, run) => void this.loop.add(label, delayMs, null, run),
      wayBack: () => {
        const owner = this.#running;
        return (label, delayMs, run) => this.#answer(label, delayMs, owner, run);
      },
      fate: () => this.#fate(),
      onLeave: (call, verb) => {
        if (verb === "perform") this.performed.add(call.key);
        const [row] = shardDb.all("SELECT 1 FROM calls WHERE key = ? AND observed IS NULL", call.key);
        if (this.#inFlight.has(call.key))
          this.violations.push(`I2: ${verb} of ${call.key} beside a call that is in flight`);
        this.#inFlight.add(call.key);
        if (row === undefined) this.violations.push(`I2: a call under ${call.key} left before its intent was durable`);
      },
      onBack: (call) => this.#inFlight.delete(call.key),
      onFact: (fact) => this.facts.push(fact),
    });
    useProcessor(this.processor);
    d1Carry = (label, work) => this.#carry(label, work);
  }

  /** Empties the databases and sets up the merchant. */
  async begin(): Promise<void> {
    if (shardDb.db.isTransaction) shardDb.run("ROLLBACK");
    const tables = shardDb.all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'");
    for (const { name } of tables) if (name !== "schema_version") shardDb.run(`DELETE FROM ${name}`);
    for (const table of ["payments", "payment_metadata", "connector_accounts"])
      d1.statement(`DELETE FROM ${table}`).run();
    for (const [index, kind] of this.#options.accounts.entries()) {
      const id = `ca_${kind}${index}`;
      this.processor.kinds.set(id, kind);
      d1.statement(
        `INSERT INTO connector_accounts (id, merchant_id, mode, connector, label, enabled, sealed_credentials, credential_hints, settings, created)
         VALUES (?, ?, 'test', ?, ?, 1, ?, '{}', '{}', ?)`,
      ).run(id, ADDRESS.merchantId, kind, id, await sealedNothing(id), index);
    }
  }

  end(): void {
    if (shardDb.db.isTransaction) shardDb.run("ROLLBACK");
    uninstall();
  }

  /** A client's call by RPC; it comes back, or is lost with the instance. */
  call<T>(label: string, method: (shard: PaymentShard) => Promise<T>): ClientCall<T> {
    const call = { label, state: "pending", value: null, error: "", generation: null } as ClientCall<T> & {
      generation: number | null;
    };
    this.#open.add(call);
    this.loop.add(`${label} arrives`, this.random.next() * 2, null, () => this.#serve(call, method));
    return call;
  }

  /** A processor's message about `fact`, on its way. One that only hints does not say what happened. */
  tell(fact: Fact, { messageId, delayMs, isHint }: { messageId: string; delayMs: number; isHint: boolean }): void {
    const { account: accountId, paymentId, key, outcome } = fact;
    const said = isHint ? { key: null, outcome: null } : { key, outcome };
    const message = { accountId, messageId, paymentId, ...said };
    this.loop.add(`webhook ${key.slice(-4)}`, delayMs, null, () => void this.#with((shard) => shard.hear(message)));
  }

  /** The instance and all that it has not made durable are gone after `steps` more turns. */
  crashIn(steps: number): void {
    this.#crashIn = steps;
  }

  /** No more faults. */
  peace(): void {
    this.faultsOn = false;
    this.isD1Down = false;
    this.script.length = 0;
    this.#crashIn = null;
  }

  /** Writes that D1 has still to do. */
  lateWrites = 0;

  /** Calls of clients that have not come back. */
  get pending(): number {
    return this.#open.size;
  }

  crash(): void {
    this.#crashIn = null;
    this.crashes++;
    if (this.trace !== null) this.trace.push(`${this.#at()} CRASH`);
    const wasRunning = this.storage.isAlarmRunning;
    this.storage.crash();
    this.#inFlight.clear();
    if (this.#flushTask !== null) this.loop.cancel(this.#flushTask);
    this.#flushTask = null;
    if (this.#instance !== null) this.loop.drop(this.#generation);
    for (const call of this.#open) {
      if (call.generation !== this.#generation) continue;
      call.state = "lost";
      this.#open.delete(call);
    }
    this.#generation++;
    this.#instance = null;
    // At least once: an alarm whose handler died rings again.
    if (wasRunning) this.#planAlarm(this.storage.alarm);
  }

  /** One turn; false where nothing is left to do. */
  async step(): Promise<boolean> {
    const task = await this.loop.take(this.choose, this.horizonMs);
    if (task === null) return false;
    this.steps++;
    if (this.trace !== null) this.trace.push(`${this.#at()} ${task.label}`);
    this.#running = task.owner ?? this.#generation;
    task.run();
    await endTurn();
    this.#running = null;
    if (this.#crashIn !== null && this.#crashIn-- <= 0) this.crash();
    else if (this.faultsOn && this.random.chance(this.#options.rates.crash)) this.crash();
    return true;
  }

  async runUntil(isDone: () => boolean, maxSteps = 5_000): Promise<boolean> {
    for (let n = 0; n < maxSteps; n++) {
      if (isDone()) return true;
      if (!(await this.step())) return isDone();
    }
    return false;
  }

  /** Everything that is due up to `ms` from now happens. */
  async advance(ms: number): Promise<void> {
    const until = this.loop.now + ms;
    for (let n = 0; n < 5_000; n++) {
      const due = this.loop.nextDue();
      if (due === null || due > until) break;
      await this.step();
    }
    this.loop.now = Math.max(this.loop.now, until);
  }

  #serve<T>(call: ClientCall<T> & { generation: number | null }, method: (shard: PaymentShard) => Promise<T>): void {
    const finish = (state: "answered" | "threw") => {
      call.state = state;
      this.#open.delete(call);
    };
    void this.#with(async (shard) => {
      call.generation = this.#generation;
      try {
        const value = await method(shard);
        this.storage.gate(() => {
          call.value = structuredClone(value);
          finish("answered");
        });
      } catch (error) {
        call.error = String(error);
        // Only a shard that has never seen a configuration may fail, and only while D1 is away.
        if (!/Failed query|D1_ERROR|another merchant/.test(call.error))
          this.violations.push(`I14: ${call.label} threw ${call.error}`);
        finish("threw");
      }
    });
  }

  /** In an instance: a new one where there is none. */
  async #with(work: (shard: PaymentShard) => Promise<unknown>): Promise<void> {
    if (this.#instance === null) this.#start();
    const { generation } = { generation: this.#generation };
    await this.#ready;
    const shard = this.#instance;
    if (generation !== this.#generation || shard === null) return;
    await work(shard);
  }

  #start(): void {
    const generation = this.#generation;
    this.#running = generation;
    const ctx = {
      id: { toString: () => "0".repeat(64) },
      storage: this.storage.viewFor(() => generation === this.#generation),
      waitUntil: () => {},
      abort: () => this.crash(),
      blockConcurrencyWhile: (work: () => Promise<void>) => (this.#ready = work()),
    };
    // Other shards have nothing to tell.
    const health = { report: async () => JSON.stringify({ reports: 0, circuits: [], learned: [] }) };
    const env = { DB: d1, MASTER_KEY, CONNECTOR_HEALTH: { getByName: () => health } } as unknown as Env;
    this.#instance = new PaymentShard(ctx as unknown as DurableObjectState, env);
  }

  #planFlush(): void {
    const delay = this.random.chance(0.5) ? 0 : this.random.next() * 3;
    this.#flushTask = this.loop.add("flush", delay, this.#generation, () => {
      this.#flushTask = null;
      this.storage.flush();
    });
  }

  #planAlarm(at: number | null): void {
    if (this.#alarmTask !== null) this.loop.cancel(this.#alarmTask);
    this.#alarmTask = at === null ? null : this.loop.add("alarm", at - this.loop.now, null, () => this.#ring());
  }

  #ring(): void {
    this.#alarmTask = null;
    // One handler at a time: it is looked at again when the running one is through.
    if (this.storage.isAlarmRunning) return;
    void this.#with(async (shard) => {
      this.storage.alarmBegins();
      try {
        await shard.alarm();
        this.storage.gate(() => this.#rang());
      } catch (error) {
        this.storage.isAlarmRunning = false;
        this.violations.push(`I9: the alarm threw: ${String(error)}`);
        if (++this.#alarmFailures <= 6) this.#planAlarm(this.loop.now + 2_000 * 2 ** this.#alarmFailures);
      }
    });
  }

  #rang(): void {
    this.#alarmFailures = 0;
    this.storage.alarmEnds();
    if (this.#alarmTask === null) this.#planAlarm(this.storage.alarm);
  }

  #fate(): Fate {
    const scripted = this.script.shift();
    if (scripted !== undefined) return scripted;
    if (!this.faultsOn) return "ok";
    let draw = this.random.next();
    for (const fate of ["late", "lost", "silent", "error"] as const) {
      if (draw < this.#options.rates[fate]) return fate;
      draw -= this.#options.rates[fate];
    }
    return "ok";
  }

  /** Nobody waits any more where the instance that asked is gone. What it returns calls the answer off. */
  #answer(label: string, delayMs: number, owner: number | null, run: () => void): () => void {
    if (owner !== null && owner !== this.#generation) return () => {};
    const task = this.loop.add(label, delayMs, owner, run);
    return () => this.loop.cancel(task);
  }

  /** Given up by whoever asked, and done all the same when D1 comes to it. */
  #writeLate(work: () => unknown): void {
    this.lateWrites++;
    this.loop.add("D1 write, late", this.random.next() * 20_000, null, () => {
      this.lateWrites--;
      work();
    });
  }

  #carry<T>(label: string, work: () => T): Promise<T> {
    const fails = () => this.isD1Down || (this.faultsOn && this.random.chance(this.#options.rates.d1));
    return new Promise<T>((resolve, reject) => {
      this.storage.gate(() => {
        const owner = this.#running;
        this.loop.add(label, 1 + this.random.next() * 10, null, () => {
          const lost = new Error("D1_ERROR: Network connection lost.");
          const answer = (run: () => void) => this.#answer(`${label} answered`, this.random.next() * 5, owner, run);
          if (fails()) {
            if (label === "D1 write" && this.random.chance(0.3)) this.#writeLate(work);
            return answer(() => reject(lost));
          }
          try {
            const result = work();
            if (fails()) answer(() => reject(lost));
            else answer(() => resolve(result));
          } catch (error) {
            this.violations.push(`D1 refused: ${String(error)}`);
            answer(() => reject(error));
          }
        });
      });
    });
  }

  #onLog(line: string): void {
    if (this.trace !== null) this.trace.push(`${this.#at()} log ${line}`);
    if (/drive_failed|job_failed/.test(line)) this.violations.push(`I14: our own fault: ${line}`);
  }

  #at(): string {
    return `+${((this.loop.now - EPOCH_MS) / 1000).toFixed(3)}`;
  }
}

const sealed = new Map<string, string>();
async function sealedNothing(id: string): Promise<string> {
  const known = sealed.get(id);
  if (known !== undefined) return known;
  const made = await seal(MASTER_KEY, "{}", id);
  sealed.set(id, made);
  return made;
}
