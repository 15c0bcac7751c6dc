import type { Outcome } from "../domain/outcome.ts";
import type { PaymentState } from "../domain/payment/state.ts";
import { answerOf, creditOf } from "../domain/routing/blame.ts";
import type { Knowledge } from "../domain/routing/choose.ts";
import {
  applyObservation,
  circuitFact,
  circuitKey,
  emptyMemory,
  type Observation,
  segmentCounts,
} from "../domain/routing/memory.ts";
import { segmentsOf } from "../domain/routing/segment.ts";
import type { AddressBook } from "./address-book.ts";
import { type ConnectorHealthApi, type HealthNews, healthName } from "./health-api.ts";
import type { Operation } from "./processor-call.ts";
import type { ShardAddress } from "./shard-api.ts";

/** Gathers what was seen meanwhile into one report. */
const REPORT_DELAY_MS = 2_000;
/** How old the news of other shards may be when a decision reads them. Its own outcomes act at once. */
const MAX_AGE_MS = 10_000;
/** What a first decision waits at most for the news; it is taken without them otherwise. */
const MAX_WAIT_MS = 250;
const MAX_UNREPORTED = 5_000;
/** Payments whose region is remembered until their outcome. */
const MAX_REGIONS = 5_000;
const NO_REGION = "local";

/**
 * What this shard knows about its accounts: what it saw itself, and what the others reported. Decisions read it from
 * memory; nobody who pays waits for a report.
 */
export class RouteMemory {
  readonly #env: Env;
  readonly #address: AddressBook;
  readonly #keepAlive: (work: Promise<unknown>) => void;
  readonly #memory = emptyMemory();
  readonly #regions = new Map<string, string>();
  #unreported: Observation[] = [];
  #reports = 0;
  #heardAt = 0;
  #scheduled: Promise<void> | null = null;
  #reporting: Promise<void> | null = null;

  constructor(options: { env: Env; address: AddressBook; keepAlive: (work: Promise<unknown>) => void }) {
    this.#env = options.env;
    this.#address = options.address;
    this.#keepAlive = options.keepAlive;
  }

  /** Before the first decision of an instance. Later it only sees to it that the news are not too old. */
  async prepare(address: ShardAddress): Promise<void> {
    const age = Date.now() - this.#heardAt;
    if (age < MAX_AGE_MS) return;
    const report = this.report(address);
    this.#keepAlive(report);
    if (this.#heardAt === 0) await Promise.race([report, scheduler.wait(MAX_WAIT_MS)]);
  }

  /** `region`: where the payment came in. */
  knowledge(region: string = NO_REGION): Knowledge {
    const at = Date.now();
    return {
      circuit: (account) => circuitFact(this.#memory, circuitKey(account, region), at),
      counts: (account, segments) => segmentCounts(this.#memory, account, segments),
    };
  }

  /** So that its outcome counts for the region that it came from. */
  noteRegion(paymentId: string, region: string): void {
    this.#regions.set(paymentId, region);
    const [oldest] = this.#regions.keys();
    if (this.#regions.size > MAX_REGIONS && oldest !== undefined) this.#regions.delete(oldest);
  }

  /** What a processor answered to a call that was made just now. Counts in memory at once and is reported later. */
  observe(
    state: PaymentState,
    operation: Operation,
    { outcome, latencyMs }: { outcome: Outcome; latencyMs: number },
  ): void {
    const attempt = state.attempts.find(({ id }) => id === operation.attemptId);
    const answer = answerOf(outcome);
    if (attempt === undefined || answer === null) return;
    const isAuthorization = operation.key === attempt.id || operation.kind === "authenticate";
    const approved = isAuthorization && state.method !== null ? creditOf(outcome) : null;
    const observation: Observation = {
      account: attempt.account.id,
      region: this.#regions.get(state.id) ?? NO_REGION,
      at: Date.now(),
      answer,
      latencyMs,
      ...(approved === null || state.method === null
        ? {}
        : { credit: { segments: segmentsOf(state.details, state.method), approved } }),
    };
    applyObservation(this.#memory, observation);
    if (this.#unreported.length < MAX_UNREPORTED) this.#unreported.push(observation);
    this.#schedule();
  }

  /** Sends what was not sent yet, and hears what is new. Never throws: what could not be sent is sent with the next. */
  report(address: ShardAddress): Promise<void> {
    this.#reporting ??= this.#exchange(address).finally(() => (this.#reporting = null));
    return this.#reporting;
  }

  #schedule(): void {
    if (this.#scheduled !== null) return;
    this.#scheduled = scheduler
      .wait(REPORT_DELAY_MS)
      .then(() => this.report(this.#address.get()))
      .finally(() => (this.#scheduled = null));
    this.#keepAlive(this.#scheduled);
  }

  async #exchange(address: ShardAddress): Promise<void> {
    const sent = this.#unreported;
    this.#unreported = [];
    try {
      const stub: ConnectorHealthApi = this.#env.CONNECTOR_HEALTH.getByName(healthName(address));
      this.#hear(JSON.parse(await stub.report(sent, this.#reports)) as HealthNews);
    } catch (error) {
      this.#unreported = [...sent, ...this.#unreported].slice(0, MAX_UNREPORTED);
      console.warn(JSON.stringify({ event: "health_report_failed", reason: String(error) }));
    }
    this.#heardAt = Date.now();
  }

  /** The news hold what was sent, but not what was seen while they were under way. */
  #hear(news: HealthNews): void {
    this.#reports = news.reports;
    for (const [key, circuit] of news.circuits) this.#memory.circuits.set(key, circuit);
    for (const [key, window] of news.learned) this.#memory.learned.set(key, window);
    const isNews = new Set([...news.circuits, ...news.learned].map(([key]) => key));
    for (const observation of this.#unreported) applyObservation(this.#memory, observation, (key) => isNews.has(key));
  }
}
