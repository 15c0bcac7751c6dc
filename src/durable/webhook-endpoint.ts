import { DurableObject } from "cloudflare:workers";
import { PING_TYPE } from "../webhooks/event-types.ts";
import { writePing } from "../webhooks/event-text.ts";
import { CommitQueue } from "./commit-queue.ts";
import { EndpointHealth } from "./endpoint-health.ts";
import { EndpointSettings } from "./endpoint-settings.ts";
import { Mailbox } from "./mailbox.ts";
import { MailboxIntake } from "./mailbox-intake.ts";
import { MAILBOX_STEPS } from "./mailbox-tables.ts";
import { migrate } from "./migrate.ts";
import { type DeliveryStep, Postman } from "./postman.ts";
import type { Delivery, IncomingEvent, StoredEvent, WebhookEndpointApi } from "./webhook-endpoint-api.ts";

/** Longer than a try may take: an instance that ends in the middle of one is followed by another, which tries again. */
const WATCHDOG_MS = 20_000;
const LOST_ALARM_MS = 60_000;
const TELL_D1_AGAIN_MS = 30_000;
/** A try and its commit. */
const MAX_WAIT_MS = 12_000;

/** The mailbox of one webhook endpoint, and who empties it. A shell: what it does stands in the files it imports. */
export class WebhookEndpoint extends DurableObject<Env> implements WebhookEndpointApi {
  readonly #mailbox: Mailbox;
  readonly #intake: MailboxIntake;
  readonly #settings: EndpointSettings;
  readonly #health: EndpointHealth;
  readonly #commits: CommitQueue;
  readonly #postman: Postman;
  #armedAt: number | null = null;
  /** Of this instance alone, for tests: a virtual clock, and a place to end the instance at a step of a delivery. */
  clock: () => number = () => Date.now();
  observer: (step: DeliveryStep, event: string) => void | Promise<void> = () => {};

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const { sql } = ctx.storage;
    migrate(ctx.storage, MAILBOX_STEPS);
    this.#mailbox = new Mailbox(sql);
    this.#intake = new MailboxIntake(sql);
    this.#settings = new EndpointSettings(env, sql);
    this.#health = new EndpointHealth(sql);
    this.#commits = new CommitQueue(ctx.storage, () => this.#arm());
    this.#postman = new Postman({
      env,
      mailbox: this.#mailbox,
      settings: this.#settings,
      health: this.#health,
      commits: this.#commits,
      now: () => this.clock(),
      reach: (step, event) => this.observer(step, event),
    });
    void ctx.blockConcurrencyWhile(async () => {
      this.#armedAt = await ctx.storage.getAlarm();
      this.#arm();
    });
  }

  async accept(endpointId: string, events: readonly IncomingEvent[]): Promise<void> {
    await this.#load(endpointId);
    // Deleted or disabled a moment ago, and the shard has not heard of it; or enabled, and this object has not.
    if (!this.#settings.isEnabled) await this.#load(endpointId, true);
    if (!this.#settings.isEnabled) return;
    await this.#commits.run(() => this.#intake.accept(events, this.clock()));
    this.#work();
  }

  async redeliver(endpointId: string, event: StoredEvent): Promise<Delivery | null> {
    if (!(await this.#load(endpointId))) return null;
    const id = await this.#commits.run(() => this.#intake.again(event, this.clock()));
    return this.#report(id);
  }

  async ping(endpointId: string): Promise<Delivery | null> {
    if (!(await this.#load(endpointId))) return null;
    const at = this.clock();
    const { id, text } = writePing(crypto.getRandomValues(new Uint8Array(15)), at);
    await this.#commits.run(() => this.#intake.ping(id, PING_TYPE, text, at));
    return this.#report(id);
  }

  async listDeliveries({ limit, before }: { limit: number; before: number | null }) {
    return this.#mailbox.list(limit, before);
  }

  async refresh(endpointId: string): Promise<void> {
    await this.#load(endpointId, true);
    this.#work();
    this.#arm();
  }

  async erase(): Promise<void> {
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    migrate(this.ctx.storage, MAILBOX_STEPS);
    this.#settings.forget();
    this.#armedAt = null;
  }

  /** At least once, and given up by the platform after six failures: nothing that it does throws for long. */
  override async alarm(): Promise<void> {
    this.#armedAt = null;
    const { id } = this.#settings;
    if (id !== null) await this.#load(id);
    await this.#settings.tellD1();
    await this.#commits.run(() => {
      this.#intake.closeGaps(this.clock());
      this.#mailbox.prune(this.clock());
    });
    await this.#postman.run();
    this.#arm();
  }

  async #load(id: string, force = false): Promise<boolean> {
    const wasEnabled = this.#settings.isEnabled;
    const exists = await this.#settings.load(id, force);
    if (!wasEnabled && this.#settings.isEnabled) {
      await this.#commits.run(() => {
        this.#intake.forgetArrivals();
        this.#health.reset();
      });
    }
    return exists;
  }

  #work(): void {
    this.ctx.waitUntil(this.#postman.run());
  }

  async #report(event: string): Promise<Delivery | null> {
    const tried = this.#postman.waitForAttempt(event, MAX_WAIT_MS);
    this.#work();
    const isHeld = !this.#settings.isEnabled || this.#health.pausedUntil > this.clock();
    if (!isHeld) await tried;
    return this.#mailbox.find(event);
  }

  /** One alarm serves all lanes. Setting it costs an fsync or three: only where it has to ring earlier. */
  #arm(): void {
    const now = this.clock();
    const times = [
      this.#mailbox.nextPruneAt(),
      this.#intake.nextGapAt(),
      this.#settings.owesD1 ? now + TELL_D1_AGAIN_MS : null,
    ];
    const due = this.#settings.isEnabled ? this.#mailbox.nextDueAt() : null;
    if (due !== null) {
      const at = Math.max(due, this.#health.pausedUntil);
      times.push(at <= now ? now + WATCHDOG_MS : at);
    }
    const known = times.filter((at) => at !== null);
    if (known.length === 0) return;
    const next = Math.max(Math.min(...known), Date.now());
    // One that should have rung a minute ago was lost: the platform is known to do that.
    const isArmed = this.#armedAt !== null && this.#armedAt > Date.now() - LOST_ALARM_MS;
    if (isArmed && (this.#armedAt ?? 0) <= next) return;
    this.#armedAt = next;
    void this.ctx.storage.setAlarm(next);
  }
}
