/** Driving one endpoint's mailbox in tests, on a virtual clock. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { paymentId, plainId } from "../../src/domain/ids.ts";
import type { DeliveryStep } from "../../src/durable/postman.ts";
import type { Delivery, IncomingEvent } from "../../src/durable/webhook-endpoint-api.ts";
import type { WebhookEndpoint } from "../../src/durable/webhook-endpoint.ts";
import { type EndpointRow, insertEndpoint, readEndpointById } from "../../src/projection/webhook-endpoints.ts";
import { seal } from "../../src/vault/seal.ts";
import { makeSecret } from "../../src/webhooks/secret.ts";

export const START = Date.parse("2026-12-01T00:00:00.000Z");
export const HOUR_MS = 3_600_000;

export class TestMailbox {
  readonly id = plainId("we", crypto.getRandomValues(new Uint8Array(15)));
  readonly secret = makeSecret();
  now = START;
  #crashAt: DeliveryStep | null = null;
  /** How often the instance has ended at the step that `crashAt` named. */
  crashes = 0;

  static async open(changes: Partial<EndpointRow> = {}): Promise<TestMailbox> {
    const mailbox = new TestMailbox();
    const row: EndpointRow = {
      id: mailbox.id,
      merchantId: "mer_test",
      mode: "test",
      url: "https://shop.example.com/webhooks",
      description: "",
      events: ["*"],
      enabled: true,
      disabledReason: null,
      activeSince: 0,
      sealedSecret: await seal(env.MASTER_KEY, mailbox.secret, mailbox.id),
      sealedPreviousSecret: null,
      previousUntil: null,
      created: 0,
      ...changes,
    };
    await insertEndpoint(env.DB, row);
    await mailbox.settle();
    return mailbox;
  }

  get stub(): DurableObjectStub<WebhookEndpoint> {
    return env.WEBHOOK_ENDPOINT.getByName(this.id);
  }

  row(): Promise<EndpointRow | null> {
    return readEndpointById(env.DB, this.id);
  }

  /** Sets the instance that is alive now to the virtual clock: a new one runs on the real one until then. */
  async settle(): Promise<void> {
    await runInDurableObject(this.stub, (instance, state) => {
      instance.clock = () => this.now;
      instance.observer = async (step) => {
        if (step !== this.#crashAt || this.crashes >= 3) return;
        this.crashes += 1;
        // What was committed before this step is durable: without this, the crash would come a step earlier.
        await state.storage.sync();
        state.abort(`crash ${step}`);
      };
    });
  }

  /** Ends the instance when it comes to `step`, three times in all. */
  crashAt(step: DeliveryStep): void {
    this.#crashAt = step;
  }

  async accept(...events: IncomingEvent[]): Promise<void> {
    await this.settle();
    await this.stub.accept(this.id, events);
  }

  /** Goes on to `at` and rings. */
  async ringAt(at: number): Promise<void> {
    this.now = Math.max(this.now, at);
    await this.settle();
    await runDurableObjectAlarm(this.stub);
  }

  /** From due time to due time, until nothing is owed before `end`. */
  async runUntil(end: number): Promise<void> {
    for (let rings = 0; rings < 2_000; rings++) {
      await this.settle();
      const next = await this.nextDueAt();
      if (next === null || next > end) break;
      await this.ringAt(next);
    }
    this.now = Math.max(this.now, end);
    await this.settle();
  }

  /** Null where nothing waits. */
  nextDueAt(): Promise<number | null> {
    return runInDurableObject(this.stub, (_, state) => {
      const lanes = state.storage.sql.exec<{ due: number | null }>("SELECT min(due) AS due FROM lanes").one().due;
      const early = state.storage.sql
        .exec<{ at: number | null }>("SELECT min(created) + 60000 AS at FROM messages WHERE state = 'early'")
        .one().at;
      const times = [lanes, early].filter((at) => at !== null);
      return times.length === 0 ? null : Math.min(...times);
    });
  }

  /** Newest first. */
  async deliveries(): Promise<Delivery[]> {
    return (await this.stub.listDeliveries({ limit: 100, before: null })).deliveries;
  }

  /** Ends the instance as a crash would. */
  async crash(): Promise<void> {
    await runInDurableObject(this.stub, (_, state) => state.abort("crash")).catch(() => undefined);
  }
}

let drawn = 0;
export function newPayment(): string {
  const identity = crypto.getRandomValues(new Uint8Array(15));
  new DataView(identity.buffer).setUint32(0, ++drawn);
  return paymentId(0, identity);
}

export function eventOf(payment: string, sequence: number, changes: Partial<IncomingEvent> = {}): IncomingEvent {
  const id = `evt_${payment.slice(4)}${sequence.toString(32).padStart(3, "0")}`;
  const body = JSON.stringify({ id, type: "payment.updated", sequence, data: { payment: { id: payment } } });
  return { paymentId: payment, sequence, type: "payment.updated", body, ...changes };
}
