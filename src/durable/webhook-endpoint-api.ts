/** What crosses the RPC boundary to an endpoint's mailbox: plain values only. */
import type { Attempt } from "../webhooks/deliver.ts";

/** An event as the payment's shard hands it over. */
export interface IncomingEvent {
  paymentId: string;
  sequence: number;
  type: string;
  /** Final text, less its client secret; null: the endpoint's filter leaves it out. */
  body: string | null;
}

/** An event as the read model has it, to be sent again. */
export interface StoredEvent extends IncomingEvent {
  body: string;
}

export type DeliveryStatus = "pending" | "delivered" | "failed";

/** One event to one endpoint, with every try. */
export interface Delivery {
  eventId: string;
  type: string;
  /** Null for a test. */
  paymentId: string | null;
  sequence: number;
  status: DeliveryStatus;
  /** ms since 1970 */
  created: number;
  /** When it will be tried again; null where it will not, or waits for the events before it. */
  nextAttempt: number | null;
  attempts: Attempt[];
}

export interface WebhookEndpointApi {
  /** Returns once they are durable. Events that it has already are known by their ids. */
  accept(endpointId: string, events: readonly IncomingEvent[]): Promise<void>;
  /** Sends the event again, now and by the whole schedule; answers after the first try. Null: no such endpoint. */
  redeliver(endpointId: string, event: StoredEvent): Promise<Delivery | null>;
  /** Sends a `ping`, once. Null: no such endpoint. */
  ping(endpointId: string): Promise<Delivery | null>;
  /** Newest first. */
  listDeliveries(page: {
    limit: number;
    before: number | null;
  }): Promise<{ deliveries: Delivery[]; next: number | null }>;
  /** The merchant changed the endpoint: read it again. */
  refresh(endpointId: string): Promise<void>;
  /** The merchant deleted the endpoint: forget everything. */
  erase(): Promise<void>;
}
