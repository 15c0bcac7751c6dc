/**
 * D1: configuration (authoritative here) and the read model of payments (a copy; the payment's shard is the
 * authority). `owner` is the merchant's number times two, plus one in live mode: one small integer leads every
 * index of the read model, so no query can leave its merchant and mode by mistake, and rows stay small.
 */
import { sql } from "drizzle-orm";
import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Outcome } from "../domain/outcome.ts";
import type { RoutingConfig } from "../domain/routing/config.ts";

export const merchants = sqliteTable("merchants", {
  /** Leads the read model's indexes; see above. */
  number: integer("number").primaryKey({ autoIncrement: true }),
  id: text("id").notNull().unique(),
  name: text("name").notNull(),
  /** Whether live mode takes raw card numbers. */
  rawCards: integer("raw_cards", { mode: "boolean" }).notNull().default(false),
  /** Payment shards a mode. */
  shards: integer("shards").notNull().default(1),
  created: integer("created").notNull(),
});

export const apiKeys = sqliteTable(
  "api_keys",
  {
    id: text("id").primaryKey(),
    merchantId: text("merchant_id").notNull(),
    mode: text("mode", { enum: ["test", "live"] }).notNull(),
    type: text("type", { enum: ["secret", "publishable"] }).notNull(),
    name: text("name").notNull(),
    /** Keyed hash of the whole key, hex. The key itself is shown once and kept nowhere. */
    digest: text("digest").notNull(),
    /** JSON list; null means all. */
    scopes: text("scopes", { mode: "json" }).$type<string[]>(),
    created: integer("created").notNull(),
    expiresAt: integer("expires_at"),
    revokedAt: integer("revoked_at"),
    lastUsed: integer("last_used"),
  },
  (table) => [index("api_keys_by_merchant").on(table.merchantId, table.created, table.id)],
);

export const connectorAccounts = sqliteTable(
  "connector_accounts",
  {
    id: text("id").primaryKey(),
    merchantId: text("merchant_id").notNull(),
    mode: text("mode", { enum: ["test", "live"] }).notNull(),
    connector: text("connector").notNull(),
    label: text("label").notNull(),
    enabled: integer("enabled", { mode: "boolean" }).notNull().default(true),
    /** AES-GCM envelope under the master key, the account's id as additional data; base64. */
    sealedCredentials: text("sealed_credentials").notNull(),
    /** What answers show instead: the last four characters of each credential. */
    credentialHints: text("credential_hints", { mode: "json" }).$type<Record<string, string>>().notNull(),
    settings: text("settings", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
    created: integer("created").notNull(),
  },
  (table) => [
    uniqueIndex("connector_accounts_by_label").on(table.merchantId, table.mode, table.label),
    index("connector_accounts_by_created").on(table.merchantId, table.mode, table.created, table.id),
  ],
);

/** First answers of POSTs that touch D1 only (keys, accounts, endpoints); payments keep theirs in their shard. */
export const idempotencyKeys = sqliteTable("idempotency_keys", {
  /** Keyed hash of merchant, mode, method, path and key. */
  name: text("name").primaryKey(),
  fingerprint: text("fingerprint").notNull(),
  status: integer("status").notNull(),
  /** Sealed: such an answer may hold a secret that is shown once. */
  sealedBody: text("sealed_body").notNull(),
  created: integer("created").notNull(),
});

/** As partial indexes and queries must spell it alike for SQLite to see that the index serves the query. */
export const IS_OPEN = "status NOT IN ('succeeded', 'partially_captured', 'failed', 'cancelled', 'expired')";

/**
 * No primary key on `id`: nothing looks a payment up here by id (its shard answers that), so the key that makes a
 * row unique and the key that lists walk are one index.
 */
export const payments = sqliteTable(
  "payments",
  {
    id: text("id").notNull(),
    owner: integer("owner").notNull(),
    /** As the id carries it: where the sweeper finds whom to poke. */
    shard: integer("shard").notNull(),
    version: integer("version").notNull(),
    /** The version whose metadata stands in `payment_metadata`; 0 before any was said. */
    metadataVersion: integer("metadata_version").notNull(),
    created: integer("created").notNull(),
    status: text("status").notNull(),
    currency: text("currency").notNull(),
    amount: integer("amount").notNull(),
    connector: text("connector").notNull(),
    customerId: text("customer_id"),
    merchantReference: text("merchant_reference"),
    /** The payment as answers show it, less its client secret, packed (`body.ts`). */
    body: blob("body").notNull(),
  },
  (table) => [
    uniqueIndex("payments_by_created").on(table.owner, table.created, table.id),
    index("payments_by_status").on(table.owner, table.status, table.created, table.id),
    index("payments_by_currency").on(table.owner, table.currency, table.created, table.id),
    index("payments_by_connector").on(table.owner, table.connector, table.created, table.id),
    index("payments_by_customer")
      .on(table.owner, table.customerId, table.created, table.id)
      .where(sql`customer_id IS NOT NULL`),
    index("payments_by_merchant_reference")
      .on(table.owner, table.merchantReference, table.created, table.id)
      .where(sql`merchant_reference IS NOT NULL`),
    // Small: only what is not finished. The sweeper skips along it, one step a shard.
    index("payments_open").on(table.owner, table.shard, table.created).where(sql.raw(IS_OPEN)),
  ],
);

export const paymentMetadata = sqliteTable(
  "payment_metadata",
  {
    owner: integer("owner").notNull(),
    key: text("key").notNull(),
    value: text("value").notNull(),
    created: integer("created").notNull(),
    paymentId: text("payment_id").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.paymentId, table.key] }),
    index("payment_metadata_by_value").on(table.owner, table.key, table.value, table.created, table.paymentId),
  ],
);

/** Where the sweeper stopped last: one row. */
export const sweepPosition = sqliteTable("sweep_position", {
  id: integer("id").primaryKey(),
  owner: integer("owner").notNull(),
  shard: integer("shard").notNull(),
});

/** Where a merchant wants its events. Authoritative here; its own Durable Object delivers. */
export const webhookEndpoints = sqliteTable(
  "webhook_endpoints",
  {
    id: text("id").primaryKey(),
    merchantId: text("merchant_id").notNull(),
    mode: text("mode", { enum: ["test", "live"] }).notNull(),
    url: text("url").notNull(),
    description: text("description").notNull(),
    /** Types, or `*`. */
    events: text("events", { mode: "json" }).$type<string[]>().notNull(),
    enabled: integer("enabled", { mode: "boolean" }).notNull(),
    disabledReason: text("disabled_reason"),
    /** Since when it has been enabled: it is owed the events from then on. */
    activeSince: integer("active_since").notNull(),
    /** AES-GCM envelope under the master key, the endpoint's id as additional data. */
    sealedSecret: text("sealed_secret").notNull(),
    /** During a rotation, until `previousUntil`: both sign. */
    sealedPreviousSecret: text("sealed_previous_secret"),
    previousUntil: integer("previous_until"),
    created: integer("created").notNull(),
  },
  (table) => [index("webhook_endpoints_by_created").on(table.merchantId, table.mode, table.created, table.id)],
);

/** What merchants are told, once each. `position` is the order of arrival: whoever reads on after it misses nothing. */
export const events = sqliteTable(
  "events",
  {
    position: integer("position").primaryKey(),
    id: text("id").notNull(),
    owner: integer("owner").notNull(),
    created: integer("created").notNull(),
    type: text("type").notNull(),
    /** The event's text less its client secret, packed (`body.ts`). */
    body: blob("body").notNull(),
  },
  (table) => [
    // Also lists one payment's: an event's id begins with its payment's.
    uniqueIndex("events_by_id").on(table.id),
    index("events_by_created").on(table.owner, table.created, table.id),
    index("events_by_type").on(table.owner, table.type, table.created, table.id),
    // An index ends in the row's own number, so these two list by arrival.
    index("events_by_arrival").on(table.owner),
    index("events_by_arrival_of_type").on(table.owner, table.type),
  ],
);

/** Processors' verified messages about payments that we do not have (`parked-messages.ts`). */
export const parkedMessages = sqliteTable(
  "parked_messages",
  {
    accountId: text("account_id").notNull(),
    /** The processor's id of the message, and the key that one of its facts is about; empty where it names none. */
    messageId: text("message_id").notNull(),
    key: text("key").notNull(),
    merchantId: text("merchant_id").notNull(),
    merchantNumber: integer("merchant_number").notNull(),
    mode: text("mode", { enum: ["test", "live"] }).notNull(),
    shards: integer("shards").notNull(),
    paymentId: text("payment_id"),
    outcome: text("outcome", { mode: "json" }).$type<Outcome>(),
    received: integer("received").notNull(),
    tries: integer("tries").notNull(),
    nextTry: integer("next_try").notNull(),
    /** When it was given up; null: it is tried again. */
    givenUp: integer("given_up"),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.messageId, table.key] }),
    index("parked_messages_due")
      .on(table.nextTry)
      .where(sql`given_up IS NULL`),
  ],
);

/** Routing configurations, each for ever as it was put. */
export const routingVersions = sqliteTable(
  "routing_versions",
  {
    id: text("id").primaryKey(),
    merchantId: text("merchant_id").notNull(),
    mode: text("mode", { enum: ["test", "live"] }).notNull(),
    /** From 1, without a gap. */
    version: integer("version").notNull(),
    config: text("config", { mode: "json" }).$type<RoutingConfig>().notNull(),
    created: integer("created").notNull(),
  },
  (table) => [
    uniqueIndex("routing_versions_by_version").on(table.merchantId, table.mode, table.version),
    index("routing_versions_by_created").on(table.merchantId, table.mode, table.created, table.id),
  ],
);

/** Which version routes now: one row a merchant and mode. */
export const activeRouting = sqliteTable(
  "active_routing",
  {
    merchantId: text("merchant_id").notNull(),
    mode: text("mode", { enum: ["test", "live"] }).notNull(),
    /** Never null: a change that expected another version writes null here, so that it fails as a whole. */
    routingId: text("routing_id").notNull(),
  },
  (table) => [primaryKey({ columns: [table.merchantId, table.mode] })],
);
