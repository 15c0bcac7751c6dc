import * as z from "zod";
import { createMerchant } from "../schemas/admin.ts";
import {
  connectorAccount,
  deleted,
  listedKey,
  listOf,
  liveness,
  merchant,
  newKey,
  readiness,
  received,
  refund,
  sandboxEntry,
} from "../schemas/answers.ts";
import { page as pageFields, pageQuery } from "../schemas/common.ts";
import { createConnector, updateConnector } from "../schemas/connectors.ts";
import { createKey, rotateKey } from "../schemas/keys.ts";
import { createRefund, refundsQuery } from "../schemas/refund.ts";
import { ACCOUNT, KEY, page, PAYMENT_ID, REFUND } from "./examples.ts";
import type { RouteDescriptions } from "./route.ts";

const KEY_TEXT = { ...KEY, key: "sk_test_…" };

export const refundRoutes: RouteDescriptions = {
  "POST /api/refunds": {
    tag: "Refunds",
    name: "createRefund",
    summary: "Refund a payment",
    credential: "refunds:write",
    body: {
      schema: createRefund,
      isRequired: true,
      examples: { part: { summary: "A part", value: { paymentId: PAYMENT_ID, amount: 400 } } },
    },
    answers: { "201": { description: "The refund.", schema: refund, example: REFUND } },
    errors: ["not_found", "amount_too_large", "payment_state_invalid", "operation_in_progress"],
  },
  "GET /api/refunds": {
    tag: "Refunds",
    name: "listRefunds",
    summary: "List a payment's refunds",
    credential: "payments:read",
    query: refundsQuery,
    answers: {
      "200": { description: "A page of refunds, newest first.", schema: listOf(refund), example: page(REFUND) },
    },
    errors: ["not_found"],
  },
  "GET /api/refunds/:id": {
    tag: "Refunds",
    name: "readRefund",
    summary: "Read a refund",
    credential: "payments:read",
    answers: { "200": { description: "The refund.", schema: refund, example: REFUND } },
  },
};

export const sandboxRoutes: RouteDescriptions = {
  "GET /api/sandbox/ledger": {
    tag: "Sandbox",
    name: "listSandboxLedger",
    summary: "List what the sandbox processor executed",
    description: "Its own books, apart from the payment's: each operation that held, took or gave back money.",
    credential: "payments:read",
    query: z.object({
      ...pageFields,
      paymentId: z.string().meta({ description: "Whose operations to show.", example: PAYMENT_ID }),
    }),
    answers: { "200": { description: "A page of operations.", schema: listOf(sandboxEntry) } },
    errors: ["not_found"],
  },
};

export const keyRoutes: RouteDescriptions = {
  "GET /api/keys": {
    tag: "Keys",
    name: "listKeys",
    summary: "List API keys",
    description: "Those of the caller's mode that were not revoked, newest first.",
    credential: "keys:write",
    query: pageQuery,
    answers: { "200": { description: "A page of keys.", schema: listOf(listedKey), example: page(KEY) } },
  },
  "POST /api/keys": {
    tag: "Keys",
    name: "createKey",
    summary: "Make an API key",
    description: "Of the caller's mode, with no more scopes than the caller has.",
    credential: "keys:write",
    body: {
      schema: createKey,
      isRequired: true,
      examples: {
        restricted: {
          summary: "A restricted key",
          value: { type: "secret", mode: "test", name: "checkout server", scopes: KEY.scopes },
        },
      },
    },
    answers: { "201": { description: "The key, shown this once.", schema: newKey, example: KEY_TEXT } },
  },
  "DELETE /api/keys/:id": {
    tag: "Keys",
    name: "revokeKey",
    summary: "Revoke an API key",
    description: "Refused at once on the machine that revoked it, within 30 seconds everywhere.",
    credential: "keys:write",
    answers: { "200": { description: "It is revoked.", schema: deleted, example: { id: KEY.id, deleted: true } } },
  },
  "POST /api/keys/:id/rotate": {
    tag: "Keys",
    name: "rotateKey",
    summary: "Replace an API key",
    description: "Makes a key like it; the old one goes on working for the overlap.",
    credential: "keys:write",
    body: {
      schema: rotateKey,
      isRequired: false,
      examples: { day: { summary: "A day's overlap", value: { overlapHours: 24 } } },
    },
    answers: { "201": { description: "The new key, shown this once.", schema: newKey, example: KEY_TEXT } },
  },
};

export const connectorRoutes: RouteDescriptions = {
  "GET /api/connectors": {
    tag: "Connectors",
    name: "listConnectors",
    summary: "List connector accounts",
    credential: "config:read",
    query: pageQuery,
    answers: {
      "200": {
        description: "A page of accounts, newest first.",
        schema: listOf(connectorAccount),
        example: page(ACCOUNT),
      },
    },
  },
  "POST /api/connectors": {
    tag: "Connectors",
    name: "createConnector",
    summary: "Add a connector account",
    credential: "config:write",
    body: {
      schema: createConnector,
      isRequired: true,
      examples: {
        sandbox: {
          summary: "A second sandbox",
          value: { connector: "sandbox", label: "b", settings: ACCOUNT.settings },
        },
      },
    },
    answers: { "201": { description: "The account.", schema: connectorAccount, example: ACCOUNT } },
  },
  "GET /api/connectors/:id": {
    tag: "Connectors",
    name: "readConnector",
    summary: "Read a connector account",
    credential: "config:read",
    answers: { "200": { description: "The account.", schema: connectorAccount, example: ACCOUNT } },
  },
  "PATCH /api/connectors/:id": {
    tag: "Connectors",
    name: "updateConnector",
    summary: "Change a connector account",
    credential: "config:write",
    body: {
      schema: updateConnector,
      isRequired: true,
      examples: { off: { summary: "Switch it off", value: { enabled: false } } },
    },
    answers: { "200": { description: "The account.", schema: connectorAccount, example: ACCOUNT } },
  },
  "DELETE /api/connectors/:id": {
    tag: "Connectors",
    name: "deleteConnector",
    summary: "Remove a connector account",
    description: "Refused while it holds open payments.",
    credential: "config:write",
    answers: { "200": { description: "It is gone.", schema: deleted, example: { id: ACCOUNT.id, deleted: true } } },
    errors: ["operation_in_progress"],
  },
};

export const webhookRoutes: RouteDescriptions = {
  "POST /webhooks/:id": {
    tag: "Connectors",
    name: "receiveProcessorMessage",
    summary: "Where a processor posts",
    description:
      "For processors, not for merchants. In the processor's own format, verified on the raw bytes with the account's own secret. A duplicate changes nothing; a message about something unknown is kept and tried again.",
    credential: null,
    answers: { "200": { description: "It is kept.", schema: received, example: { received: true } } },
    errors: ["unauthorized", "not_found", "body_too_large", "rate_limited", "internal", "unavailable"],
  },
};

export const operationRoutes: RouteDescriptions = {
  "POST /api/admin/merchants": {
    tag: "Administration",
    name: "createMerchant",
    summary: "Add a merchant",
    description: "With a secret and a publishable key for each mode, and the sandbox processor in test mode.",
    credential: "operator",
    body: {
      schema: createMerchant,
      isRequired: true,
      examples: { shop: { summary: "A shop", value: { name: "Corner shop" } } },
    },
    answers: { "201": { description: "The merchant and its first keys.", schema: merchant } },
  },
  "GET /health": {
    tag: "Operation",
    name: "readHealth",
    summary: "Is the Worker alive?",
    credential: null,
    errors: ["method_not_allowed"],
    answers: { "200": { description: "It is.", schema: liveness, example: { status: "ok" } } },
  },
  "GET /ready": {
    tag: "Operation",
    name: "readReadiness",
    summary: "Does everything that it needs answer?",
    credential: null,
    errors: ["method_not_allowed"],
    answers: {
      "200": {
        description: "All of it.",
        schema: readiness,
        example: { status: "ready", checks: { database: true, shards: true } },
      },
      "503": {
        description: "Not all.",
        schema: readiness,
        example: { status: "unavailable", checks: { database: false, shards: true } },
      },
    },
  },
};
