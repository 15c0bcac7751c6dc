import { clientSecretOf } from "../vault/client-secret.ts";
import { type Attempt, deliver } from "../webhooks/deliver.ts";
import { withClientSecret } from "../webhooks/event-text.ts";
import { isLocalAllowed } from "../webhooks/local-targets.ts";
import { DISABLE_AFTER_MS } from "../webhooks/retry-schedule.ts";
import type { CommitQueue } from "./commit-queue.ts";
import type { EndpointSettings } from "./endpoint-settings.ts";
import type { EndpointHealth } from "./endpoint-health.ts";
import type { Mailbox, Message } from "./mailbox.ts";

/** Tries at once: a receiver is not flooded, and one that is slow does not hold back everybody else's event. */
const MAX_CONCURRENT = 5;
/** Of one run; whatever is due then is the alarm's. Far below the quarter of an hour that an alarm may take. */
const MAX_RUN_MS = 60_000;

export type DeliveryStep = "before_send" | "after_send" | "after_settle";

export interface PostmanPorts {
  env: Env;
  mailbox: Mailbox;
  settings: EndpointSettings;
  health: EndpointHealth;
  commits: CommitQueue;
  now: () => number;
  reach: (step: DeliveryStep, event: string) => void | Promise<void>;
}

/** Empties the lanes that are due, several at a time and one event of a lane at a time. */
export class Postman {
  readonly #ports: PostmanPorts;
  readonly #busyLanes = new Set<string>();
  readonly #rounds = new Set<Promise<void>>();
  /** Who waits for an event's next try. */
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();

  constructor(ports: PostmanPorts) {
    this.#ports = ports;
  }

  get isBusy(): boolean {
    return this.#rounds.size > 0;
  }

  /** Resolves when nothing is due any more that this instance may do now. Never throws. */
  async run(): Promise<void> {
    const endAt = Date.now() + MAX_RUN_MS;
    while (this.#rounds.size < MAX_CONCURRENT) {
      const lane = this.#takeLane();
      if (lane === null) break;
      const round = this.#deliverFrom(lane, endAt).finally(() => this.#rounds.delete(round));
      this.#rounds.add(round);
    }
    await Promise.all(this.#rounds);
  }

  /** After the event's next try, or `maxWaitMs`. Call it before that try can begin. */
  async waitForAttempt(event: string, maxWaitMs: number): Promise<void> {
    const tried = this.#waiting.get(event) ?? Promise.withResolvers<void>();
    this.#waiting.set(event, tried);
    await Promise.race([tried.promise, scheduler.wait(maxWaitMs)]);
  }

  async #deliverFrom(first: string, endAt: number): Promise<void> {
    for (let lane: string | null = first; lane !== null; lane = Date.now() < endAt ? this.#takeLane() : null) {
      try {
        await this.#deliverHead(lane);
      } catch (error) {
        console.error(
          JSON.stringify({ event: "webhook_fault", endpoint: this.#ports.settings.id, reason: String(error) }),
        );
        // A fault of ours, or the end of this instance: the lane stays due, and the alarm comes.
        return;
      } finally {
        this.#busyLanes.delete(lane);
      }
    }
  }

  /** Claims it, without a wait in between, so that no lane is out twice. */
  #takeLane(): string | null {
    const { mailbox, settings, health, now } = this.#ports;
    if (!settings.isEnabled || health.pausedUntil > now()) return null;
    const due = mailbox.dueLanes(now(), MAX_CONCURRENT + 1);
    const lane = due.find((each) => !this.#busyLanes.has(each)) ?? null;
    if (lane !== null) this.#busyLanes.add(lane);
    return lane;
  }

  async #deliverHead(lane: string): Promise<void> {
    const { mailbox, settings, commits, now, reach, env } = this.#ports;
    const message = mailbox.head(lane);
    if (message === null) return commits.run(() => mailbox.closeLane(lane));
    const { id } = settings;
    const target = id !== null && (await settings.load(id)) ? await settings.target(now()) : null;
    if (target === null || !settings.isEnabled) return;
    await reach("before_send", message.event);
    const { attempt, retryAfterMs } = await deliver({
      ...target,
      id: message.event,
      body: textOf(env, message),
      allowLocal: isLocalAllowed(env.ALLOW_LOCAL_WEBHOOKS),
      now: now(),
    });
    await reach("after_send", message.event);
    await commits.run(() => this.#record(lane, message, attempt, retryAfterMs));
    await settings.tellD1();
    await reach("after_settle", message.event);
    this.#waiting.get(message.event)?.resolve();
    this.#waiting.delete(message.event);
  }

  /** Inside a commit. */
  #record(lane: string, message: Message, attempt: Attempt, retryAfterMs: number | null): void {
    const { mailbox, settings, health } = this.#ports;
    const { status, at } = attempt;
    if (status !== null && status >= 200 && status < 300) {
      health.succeeded();
      return mailbox.settle(lane, message, "delivered", attempt);
    }
    mailbox.fail(lane, message, attempt, { draw: Math.random(), retryAfterMs });
    health.failed(at, status, retryAfterMs);
    if (status === 410) settings.disable("gone", at);
    else if (at - health.failingSince >= DISABLE_AFTER_MS) settings.disable("failing", at);
  }
}

function textOf(env: Env, { payment, body }: Message): string {
  return payment === null ? body : withClientSecret(body, clientSecretOf(env.MASTER_KEY, payment));
}
