import { event, listEventsQuery, redeliverEvent, streamQuery } from "../schemas/events.ts";
import { deleted, listOf } from "../schemas/answers.ts";
import { pageQuery } from "../schemas/common.ts";
import { emptyBody } from "../schemas/payment.ts";
import {
  createEndpoint,
  delivery,
  newWebhookEndpoint,
  rotateSecret,
  updateEndpoint,
  webhookEndpoint,
} from "../schemas/webhook-endpoints.ts";
import { page, PAYMENT, PAYMENT_ID } from "./examples.ts";
import type { RouteDescriptions } from "./route.ts";

const ENDPOINT = {
  id: "we_3hqp7v0xk5m2d9c1r8t4z6ya",
  url: "https://shop.example.com/webhooks",
  events: ["*"],
  description: "Order service",
  enabled: true,
  disabledReason: null,
  mode: "test",
  secretOverlapUntil: null,
  created: "2025-07-14T12:00:00.000Z",
};
const SECRET = "whsec_…";

const EVENT = {
  id: `evt_${PAYMENT_ID.slice(4)}003`,
  type: "payment.succeeded",
  created: "2025-07-14T12:34:56.912Z",
  sequence: 3,
  data: { payment: PAYMENT },
};

const DELIVERY = {
  endpointId: ENDPOINT.id,
  eventId: EVENT.id,
  type: EVENT.type,
  paymentId: PAYMENT_ID,
  sequence: 3,
  status: "delivered",
  created: "2025-07-14T12:34:56.940Z",
  nextAttempt: null,
  attempts: [{ at: "2025-07-14T12:34:56.941Z", status: 200, ms: 12, answer: "ok", error: null }],
};

export const webhookEndpointRoutes: RouteDescriptions = {
  "GET /api/webhook-endpoints": {
    tag: "Webhooks",
    name: "listWebhookEndpoints",
    summary: "List webhook endpoints",
    credential: "config:read",
    query: pageQuery,
    answers: {
      "200": {
        description: "A page of endpoints, newest first.",
        schema: listOf(webhookEndpoint),
        example: page(ENDPOINT),
      },
    },
  },
  "POST /api/webhook-endpoints": {
    tag: "Webhooks",
    name: "createWebhookEndpoint",
    summary: "Say where events go",
    description:
      "Signed by Standard Webhooks 1.0. 2xx within 10 seconds is success; otherwise an event is tried again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, each up to a fifth later. One payment's events come in the order of their sequence. At most 16 endpoints a mode.",
    credential: "config:write",
    body: {
      schema: createEndpoint,
      isRequired: true,
      examples: {
        all: { summary: "Everything", value: { url: ENDPOINT.url, events: ["*"], description: "Order service" } },
      },
    },
    answers: {
      "201": {
        description: "The endpoint, with its secret, shown this once.",
        schema: newWebhookEndpoint,
        example: { ...ENDPOINT, secret: SECRET },
      },
    },
  },
  "GET /api/webhook-endpoints/:id": {
    tag: "Webhooks",
    name: "readWebhookEndpoint",
    summary: "Read a webhook endpoint",
    credential: "config:read",
    answers: { "200": { description: "The endpoint.", schema: webhookEndpoint, example: ENDPOINT } },
  },
  "PATCH /api/webhook-endpoints/:id": {
    tag: "Webhooks",
    name: "updateWebhookEndpoint",
    summary: "Change a webhook endpoint",
    credential: "config:write",
    body: {
      schema: updateEndpoint,
      isRequired: true,
      examples: { off: { summary: "Switch it off", value: { enabled: false } } },
    },
    answers: { "200": { description: "The endpoint.", schema: webhookEndpoint, example: ENDPOINT } },
  },
  "DELETE /api/webhook-endpoints/:id": {
    tag: "Webhooks",
    name: "deleteWebhookEndpoint",
    summary: "Remove a webhook endpoint",
    description: "With what it has not taken yet.",
    credential: "config:write",
    answers: { "200": { description: "It is gone.", schema: deleted, example: { id: ENDPOINT.id, deleted: true } } },
  },
  "POST /api/webhook-endpoints/:id/rotate-secret": {
    tag: "Webhooks",
    name: "rotateWebhookSecret",
    summary: "Give a webhook endpoint a new secret",
    description: "Both secrets sign until the overlap ends.",
    credential: "config:write",
    body: {
      schema: rotateSecret,
      isRequired: false,
      examples: { day: { summary: "Both for a day", value: { overlapHours: 24 } } },
    },
    answers: {
      "200": {
        description: "The endpoint, with its new secret, shown this once.",
        schema: newWebhookEndpoint,
        example: { ...ENDPOINT, secretOverlapUntil: "2025-07-15T12:00:00.000Z", secret: SECRET },
      },
    },
  },
  "GET /api/webhook-endpoints/:id/deliveries": {
    tag: "Webhooks",
    name: "listWebhookDeliveries",
    summary: "List what was sent to a webhook endpoint",
    description: "Each event with every try, newest first, for 30 days.",
    credential: "config:read",
    query: pageQuery,
    answers: { "200": { description: "A page of deliveries.", schema: listOf(delivery), example: page(DELIVERY) } },
  },
  "POST /api/webhook-endpoints/:id/test": {
    tag: "Webhooks",
    name: "testWebhookEndpoint",
    summary: "Send a ping to a webhook endpoint",
    description: "An event of the type `ping`, once; answers with what came of it.",
    credential: "config:write",
    body: { schema: emptyBody, isRequired: false, examples: { empty: { summary: "Nothing to say", value: {} } } },
    answers: {
      "200": {
        description: "The delivery.",
        schema: delivery,
        example: { ...DELIVERY, type: "ping", paymentId: null, sequence: 0 },
      },
    },
    errors: ["unavailable"],
  },
};

export const eventRoutes: RouteDescriptions = {
  "GET /api/events": {
    tag: "Events",
    name: "listEvents",
    summary: "List events",
    description: "Newest first; with `after`, ascending from there in the order of arrival.",
    credential: "payments:read",
    query: listEventsQuery,
    answers: { "200": { description: "A page of events.", schema: listOf(event), example: page(EVENT) } },
  },
  "GET /api/events/:id": {
    tag: "Events",
    name: "readEvent",
    summary: "Read an event",
    description: "The bytes that its webhooks carried.",
    credential: "payments:read",
    answers: { "200": { description: "The event.", schema: event, example: EVENT } },
  },
  "POST /api/events/:id/redeliver": {
    tag: "Events",
    name: "redeliverEvent",
    summary: "Send an event again",
    description: "To every enabled endpoint or one, the same bytes under the same id; answers after the first try.",
    credential: "config:write",
    body: {
      schema: redeliverEvent,
      isRequired: false,
      examples: { one: { summary: "To one endpoint", value: { endpointId: ENDPOINT.id } } },
    },
    answers: {
      "200": { description: "A delivery for each endpoint.", schema: listOf(delivery), example: page(DELIVERY) },
    },
    errors: ["unavailable"],
  },
  "GET /api/payments/:id/stream": {
    tag: "Events",
    name: "streamPayment",
    summary: "Watch a payment",
    description:
      "Server-sent events: what was committed behind `Last-Event-ID` (a sequence; none: all), then what is committed, as it is. A comment comes every 20 seconds; after 30 minutes the stream ends and the client comes back. A publishable key with `clientSecret` sees the payment's public fields.",
    credential: "payments:read",
    query: streamQuery,
    answers: { "200": { description: "`text/event-stream`; each event's data is an `Event`.", schema: null } },
  },
};
