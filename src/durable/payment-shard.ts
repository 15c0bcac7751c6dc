import { DurableObject } from "cloudflare:workers";
import { AddressBook } from "./address-book.ts";
import { runJob } from "./alarm-jobs.ts";
import { Answers } from "./answers.ts";
import { Calls } from "./calls.ts";
import { executeAction, executeCreate, rehearseCreate, type ShardContext, simulateCreate } from "./commands.ts";
import { CommitQueue } from "./commit-queue.ts";
import { Configuration } from "./configuration.ts";
import { type DecisionQuery, listDecisions } from "./decisions.ts";
import { Driver } from "./driver.ts";
import { DueTable } from "./due-table.ts";
import type { FaultPoint } from "./fault-points.ts";
import { hear, Inbox } from "./inbox.ts";
import { migrate } from "./migrate.ts";
import { Outbox } from "./outbox.ts";
import { PaymentLog } from "./payment-log.ts";
import { PaymentStreams } from "./payment-streams.ts";
import * as reads from "./reads.ts";
import { readReceipt } from "./receipt.ts";
import { resume } from "./return.ts";
import { RouteMemory } from "./route-memory.ts";
import { Secrets } from "./secrets.ts";
import type {
  ActInput,
  CreateInput,
  Heard,
  Page,
  PaymentShardApi,
  ProcessorMessage,
  Reply,
  ReturnedShopper,
  ShardAddress,
} from "./shard-api.ts";

/** Jobs of one alarm: a long outage must not become one endless turn. */
const MAX_JOBS_PER_ALARM = 100;

/** The single writer of many payments of one merchant and mode. A shell: what it does stands in the files it imports. */
export class PaymentShard extends DurableObject<Env> implements PaymentShardApi {
  readonly #context: ShardContext;
  readonly #streams: PaymentStreams;
  #armedAt: number | null = null;
  /** Open streams. */
  get watching(): number {
    return this.#streams.size;
  }
  /** Of this instance alone, for tests: a virtual clock, and a place to end the instance at a step of the protocol. */
  clock: () => number = () => Date.now();
  observer: (point: FaultPoint, paymentId: string) => void | Promise<void> = () => {};

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    migrate(ctx.storage);
    const log = new PaymentLog(sql);
    const commits = new CommitQueue(ctx.storage, () => this.#afterCommit());
    const address = new AddressBook(sql);
    const outbox = new Outbox({ env, sql, log, address, commits, keepAlive: (work) => ctx.waitUntil(work) });
    const tables = {
      log,
      outbox,
      inbox: new Inbox(sql),
      calls: new Calls(sql),
      answers: new Answers(sql),
      due: new DueTable(sql),
      secrets: new Secrets(sql, env.MASTER_KEY),
    };
    const now = () => this.clock();
    const reach = (point: FaultPoint, paymentId: string) => this.observer(point, paymentId);
    const configuration = new Configuration(env, sql);
    const memory = new RouteMemory({ env, address, keepAlive: (work) => ctx.waitUntil(work) });
    const observed = memory.observe.bind(memory);
    const driver = new Driver({ env, tables, commits, configuration, address, now, reach, observed });
    this.#context = { env, address, tables, commits, configuration, driver, memory, now, reach };
    this.#streams = new PaymentStreams({ log, masterKey: env.MASTER_KEY, sync: () => ctx.storage.sync() });
    // What a predecessor had in flight is lost: find out now, not when its time limit would have passed.
    tables.due.hasten("recover", Date.now());
    tables.due.hasten("save", Date.now());
    void ctx.blockConcurrencyWhile(async () => {
      this.#armedAt = await ctx.storage.getAlarm();
      this.#arm();
    });
  }

  create(address: ShardAddress, input: CreateInput): Promise<Reply> {
    return this.#context.commits.serve(() => executeCreate(this.#at(address), input));
  }

  act(address: ShardAddress, input: ActInput): Promise<Reply> {
    return this.#context.commits.serve(() => executeAction(this.#at(address), input));
  }

  rehearse(address: ShardAddress, input: CreateInput): Promise<Reply> {
    return rehearseCreate(this.#context, address, input);
  }

  simulate(address: ShardAddress, input: CreateInput): Promise<Reply> {
    return simulateCreate(this.#context, address, input);
  }

  async read(_: ShardAddress, paymentId: string, asOf: { version: number } | { at: number } | null): Promise<Reply> {
    return reads.readPayment(this.#context, paymentId, asOf);
  }

  async readRefund(_: ShardAddress, refundId: string): Promise<Reply> {
    return reads.readRefund(this.#context, refundId);
  }

  async listRefunds(_: ShardAddress, paymentId: string, page: Page): Promise<Reply> {
    return reads.listRefunds(this.#context, paymentId, page);
  }

  async listEvents(_: ShardAddress, paymentId: string, page: Page): Promise<Reply> {
    return reads.listEvents(this.#context, paymentId, page);
  }

  async listOperations(_: ShardAddress, paymentId: string, page: Page): Promise<Reply> {
    return reads.listOperations(this.#context, paymentId, page);
  }

  async readLedger(_: ShardAddress, paymentId: string, page: Page): Promise<Reply> {
    return reads.readLedger(this.#context, paymentId, page);
  }

  readReceipt(_: ShardAddress, paymentId: string): Promise<Reply> {
    return readReceipt(this.#context, paymentId);
  }

  async listDecisions(query: DecisionQuery, after: number): Promise<string> {
    return JSON.stringify(listDecisions(this.ctx.storage.sql, query, after));
  }

  resume(attemptId: string, returned: Record<string, string>): Promise<ReturnedShopper | null> {
    return resume(this.#context, attemptId, returned);
  }

  hear(message: ProcessorMessage): Promise<Heard> {
    return hear(this.#context, message);
  }

  async stream(_: ShardAddress, paymentId: string, after: number): Promise<ReadableStream<Uint8Array> | null> {
    return this.#streams.open(paymentId, after);
  }

  async flush(maxWaitMs: number): Promise<boolean> {
    const { outbox } = this.#context.tables;
    if (outbox.isEmpty()) return true;
    return Promise.race([outbox.drain(), scheduler.wait(maxWaitMs).then(() => false)]);
  }

  async forgetConfiguration(): Promise<void> {
    this.#context.configuration.forget();
  }

  async reportHealth(address: ShardAddress): Promise<void> {
    await this.#context.memory.report(address);
  }

  async poke(): Promise<void> {
    await this.alarm();
  }

  /**
   * At least once, and abandoned by the platform after six failures: so each job's failure is its own, and the alarm is
   * always set again.
   */
  override async alarm(): Promise<void> {
    this.#armedAt = null;
    const { due, outbox } = this.#context.tables;
    const jobs = due.take(this.clock(), MAX_JOBS_PER_ALARM);
    await Promise.all(jobs.map((job) => runJob(this.#context, job)));
    this.#context.tables.secrets.forgetExpiredCvcs(this.clock());
    await outbox.drainEverywhere();
    this.#arm();
  }

  /** Remembers whose shard this is, before anything is written for it. */
  #at(address: ShardAddress): ShardContext {
    this.#context.address.keep(address);
    return this.#context;
  }

  #afterCommit(): void {
    this.#context.tables.outbox.schedule();
    this.#streams.committed();
    this.#arm();
  }

  /** One alarm serves everything that is due. Setting it costs an fsync or three: only where it has to ring earlier. */
  #arm(): void {
    const { due, secrets, outbox } = this.#context.tables;
    const times = [due.nextAt(), secrets.nextExpiryAt()].filter((at) => at !== null);
    if (!outbox.isEmpty()) times.push(this.clock() + outbox.retryDelayMs);
    if (times.length === 0) return;
    const next = Math.max(Math.min(...times), Date.now());
    if (this.#armedAt !== null && this.#armedAt <= next) return;
    this.#armedAt = next;
    void this.ctx.storage.setAlarm(next);
  }
}
