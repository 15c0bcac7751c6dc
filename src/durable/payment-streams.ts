import { evolve } from "../domain/payment/evolve.ts";
import type { PaymentState } from "../domain/payment/state.ts";
import { clientSecretOf } from "../vault/client-secret.ts";
import { withClientSecret, writeEvent } from "../webhooks/event-text.ts";
import type { PaymentLog } from "./payment-log.ts";

/** Below the 30 s after which some proxies take a silent connection for a dead one. */
const HEARTBEAT_MS = 20_000;
/** An open stream keeps the shard in memory: a page that was forgotten must not do so for ever. Clients come back. */
export const MAX_STREAM_MS = 30 * 60_000;
/** Of a client that does not read: it is let go, and resumes where it was. */
const MAX_QUEUED_BYTES = 256 * 1024;
const CLIENT_RETRY_MS = 2_000;
const EVERYTHING = 2 ** 15;

interface Subscriber {
  paymentId: string;
  controller: ReadableByteStreamController;
  /** The last sequence it was sent. */
  sent: number;
  until: number;
}

/**
 * Who watches a payment, as server-sent events: what was committed since the sequence they know, then what is committed
 * from now on. Nothing is kept but the open connections; the log is what they are told from.
 */
export class PaymentStreams {
  readonly #log: PaymentLog;
  readonly #masterKey: string;
  /** Resolves when all that was committed is durable: nobody may be told of what a crash would take back. */
  readonly #sync: () => Promise<void>;
  readonly #subscribers = new Set<Subscriber>();
  #isBeating = false;

  constructor({ log, masterKey, sync }: { log: PaymentLog; masterKey: string; sync: () => Promise<void> }) {
    this.#log = log;
    this.#masterKey = masterKey;
    this.#sync = sync;
  }

  get size(): number {
    return this.#subscribers.size;
  }

  /** Begins behind `after`, a sequence. Null: there is no such payment. */
  open(paymentId: string, after: number): ReadableStream<Uint8Array> | null {
    if (this.#log.find(paymentId) === null) return null;
    let subscriber: Subscriber;
    return new ReadableStream({
      type: "bytes",
      start: (controller) => {
        subscriber = { paymentId, controller, sent: after, until: Date.now() + MAX_STREAM_MS };
        this.#subscribers.add(subscriber);
        this.#write(subscriber, `retry: ${CLIENT_RETRY_MS}\n\n`);
        void this.#catchUp();
        void this.#beat();
      },
      cancel: () => void this.#subscribers.delete(subscriber),
    });
  }

  /** After a commit. */
  committed(): void {
    if (this.#subscribers.size > 0) void this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    await this.#sync();
    for (const subscriber of this.#subscribers) {
      const version = this.#log.find(subscriber.paymentId)?.state.version ?? 0;
      if (version > subscriber.sent) this.#tell(subscriber);
    }
  }

  #tell(subscriber: Subscriber): void {
    const { paymentId } = subscriber;
    const clientSecret = clientSecretOf(this.#masterKey, paymentId);
    let state: PaymentState | null = null;
    for (const { sequence, type, event, created } of this.#log.rows(paymentId, 0, EVERYTHING)) {
      state = evolve(state, event, paymentId, created);
      if (sequence <= subscriber.sent) continue;
      const text = withClientSecret(writeEvent({ event, type, state }), clientSecret);
      this.#write(subscriber, `id: ${sequence}\nevent: ${type}\ndata: ${text}\n\n`);
      subscriber.sent = sequence;
    }
  }

  /** One loop for all of them, while there are any. */
  async #beat(): Promise<void> {
    if (this.#isBeating) return;
    this.#isBeating = true;
    while (this.#subscribers.size > 0) {
      await scheduler.wait(HEARTBEAT_MS);
      for (const subscriber of this.#subscribers) {
        if (Date.now() >= subscriber.until) this.#close(subscriber);
        else this.#write(subscriber, ": still here\n\n");
      }
    }
    this.#isBeating = false;
  }

  #write(subscriber: Subscriber, text: string): void {
    try {
      subscriber.controller.enqueue(new TextEncoder().encode(text));
      if ((subscriber.controller.desiredSize ?? 0) < -MAX_QUEUED_BYTES) this.#close(subscriber);
    } catch {
      // Gone, and nobody said so.
      this.#subscribers.delete(subscriber);
    }
  }

  #close(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
    try {
      subscriber.controller.close();
    } catch {
      // Closed from the other side already.
    }
  }
}
