import type { ActiveEndpoint } from "../projection/webhook-endpoints.ts";
import { type CommittedEvent, writeEvent } from "../webhooks/event-text.ts";
import type { AddressBook } from "./address-book.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { sendToEndpoint } from "./endpoint-feed.ts";
import { Feed, type FeedOptions } from "./outbox-feed.ts";
import { type OutboxRow, OutboxRows } from "./outbox-rows.ts";
import type { PaymentLog } from "./payment-log.ts";
import { sendToReadModel } from "./read-model-feed.ts";

const READ_MODEL_DELAY_MS = 100;
/** A merchant waits for a webhook; a create's two commits are a few milliseconds apart. */
const ENDPOINT_DELAY_MS = 20;
/** Beyond a feed's own next try, so that the alarm stands in only for a timer that died with its instance. */
const ALARM_MARGIN_MS = 2_000;

export interface OutboxPorts {
  env: Env;
  sql: SqlStorage;
  log: PaymentLog;
  address: AddressBook;
  commits: CommitQueue;
  keepAlive: (work: Promise<unknown>) => void;
}

interface Told {
  endpoint: ActiveEndpoint;
  feed: Feed;
}

/**
 * What is owed to the outside: to the read model, and to each of the merchant's webhook endpoints. An event's final
 * text is written with its transition, and leaves when all of them have it: at least once, in the order of the commits.
 */
export class Outbox {
  readonly #ports: OutboxPorts;
  readonly #rows: OutboxRows;
  readonly #readModel: Feed;
  readonly #endpoints = new Map<string, Told>();
  /** As kept in the shard: an instance that starts while D1 is away goes on telling whom its predecessor told. */
  #keptEndpoints: string;
  #discarded = 0;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
    this.#rows = new OutboxRows(ports.sql);
    this.#readModel = this.#feed("read model", READ_MODEL_DELAY_MS, async (rows) => {
      this.#follow(await sendToReadModel(ports, rows));
    });
    const [kept] = ports.sql.exec<{ value: string }>("SELECT value FROM facts WHERE name = 'endpoints'").toArray();
    this.#keptEndpoints = kept?.value ?? "[]";
    this.#setEndpoints(JSON.parse(this.#keptEndpoints) as ActiveEndpoint[]);
  }

  /** In the transition's own transaction. */
  add(payment: number, committed: CommittedEvent): void {
    this.#rows.add(payment, committed.state.version, writeEvent(committed));
  }

  isEmpty(): boolean {
    return !this.#rows.has(0);
  }

  /** How long the alarm should wait before it drains in place of a timer that died with its instance. */
  get retryDelayMs(): number {
    return ALARM_MARGIN_MS + Math.max(...this.#feeds().map((feed) => feed.retryDelayMs));
  }

  schedule(): void {
    for (const feed of this.#feeds()) feed.schedule();
  }

  /** True when all that stood in the outbox as this was called has reached D1. Never throws. */
  drain(): Promise<boolean> {
    return this.#readModel.drain();
  }

  async drainEverywhere(): Promise<void> {
    await Promise.all(this.#feeds().map((feed) => feed.drain()));
  }

  #feeds(): Feed[] {
    return [this.#readModel, ...Array.from(this.#endpoints.values(), ({ feed }) => feed)];
  }

  #feed(name: string, delayMs: number, send: FeedOptions["send"]): Feed {
    const { keepAlive } = this.#ports;
    return new Feed({ name, delayMs, send, rows: this.#rows, advanced: () => this.#discard(), keepAlive });
  }

  /** Whom D1 named in the transaction that took these events: an endpoint that was there by then is owed them. */
  #follow(endpoints: readonly ActiveEndpoint[]): void {
    const text = JSON.stringify(endpoints);
    if (text === this.#keptEndpoints) return;
    this.#keptEndpoints = text;
    this.#setEndpoints(endpoints);
    this.#ports.sql.exec(
      "INSERT INTO facts (name, value) VALUES ('endpoints', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      text,
    );
  }

  #setEndpoints(endpoints: readonly ActiveEndpoint[]): void {
    const ids = new Set(endpoints.map(({ id }) => id));
    for (const id of this.#endpoints.keys()) if (!ids.has(id)) this.#endpoints.delete(id);
    for (const endpoint of endpoints) {
      const known = this.#endpoints.get(endpoint.id);
      if (known !== undefined) {
        known.endpoint = endpoint;
        continue;
      }
      const entry: Told = {
        endpoint,
        feed: this.#feed(endpoint.id, ENDPOINT_DELAY_MS, (rows) => this.#tell(entry, rows)),
      };
      this.#endpoints.set(endpoint.id, entry);
      entry.feed.schedule();
    }
  }

  #tell({ endpoint }: Told, rows: readonly OutboxRow[]): Promise<void> {
    return sendToEndpoint(this.#ports.env, endpoint, rows);
  }

  async #discard(): Promise<void> {
    const upTo = Math.min(...this.#feeds().map((feed) => feed.position));
    if (upTo <= this.#discarded) return;
    await this.#ports.commits.run(() => this.#rows.discard(upTo));
    this.#discarded = upTo;
  }
}
