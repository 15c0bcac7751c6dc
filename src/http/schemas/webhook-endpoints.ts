import * as z from "zod";
import { EVENT_TYPES } from "../../webhooks/event-types.ts";
import { anyCase } from "./common.ts";

const url = z.string().min(1).max(2048).meta({
  description: "https, on a public host, port 443 or 8443. With `npm start` also http, and the loopback on any port.",
  example: "https://shop.example.com/webhooks",
});

const events = z
  .array(anyCase(["*", ...EVENT_TYPES]))
  .min(1)
  .max(EVENT_TYPES.length + 1)
  .transform((types) => [...new Set(types)])
  .meta({ description: "Types to send; `*` is all of them, also those to come.", example: ["*"] });

const description = z.string().max(500).meta({ description: "For yourself.", example: "Order service" });

export const createEndpoint = z
  .strictObject({ url, events: events.default(["*"]), description: description.default("") })
  .meta({ id: "CreateWebhookEndpoint" });

export const updateEndpoint = z
  .strictObject({
    url: url.exactOptional(),
    events: events.exactOptional(),
    description: description.exactOptional(),
    enabled: z.boolean().exactOptional().meta({
      description:
        "One that is enabled again gets what it had not taken before it was disabled, and what happens from then on.",
    }),
  })
  .meta({ id: "UpdateWebhookEndpoint" });

const MAX_OVERLAP_HOURS = 168;

export const rotateSecret = z
  .strictObject({
    overlapHours: z.int().min(0).max(MAX_OVERLAP_HOURS).default(24).meta({
      description: "How long the old secret goes on signing beside the new one; 0: not at all.",
    }),
  })
  .meta({ id: "RotateWebhookSecret" });

const time = z.iso.datetime({ precision: 3 }).meta({ example: "2025-07-14T12:34:56.789Z" });

export const webhookEndpoint = z
  .object({
    id: z.string().meta({ example: "we_3hqp7v0xk5m2d9c1r8t4z6ya" }),
    url: z.string(),
    events: z.array(z.enum(["*", ...EVENT_TYPES])),
    description: z.string(),
    enabled: z.boolean(),
    disabledReason: z.enum(["requested", "gone", "failing"]).nullable().meta({
      description: "`gone`: it answered 410. `failing`: nothing came through for five days.",
    }),
    mode: z.enum(["test", "live"]),
    secretOverlapUntil: time.nullable().meta({ description: "Until when the secret before this one signs, too." }),
    created: time,
  })
  .meta({ id: "WebhookEndpoint" });

export const newWebhookEndpoint = webhookEndpoint
  .extend({ secret: z.string().meta({ description: "Shown this once.", example: "whsec_…" }) })
  .meta({ id: "NewWebhookEndpoint" });

const attempt = z.object({
  at: time,
  status: z.int().nullable().meta({ description: "HTTP status; null where none came." }),
  ms: z.int(),
  answer: z.string().meta({ description: "The first 1 KB of the answer, as text." }),
  error: z.string().nullable().meta({ description: "Why there is no status." }),
});

export const delivery = z
  .object({
    endpointId: z.string(),
    eventId: z.string(),
    type: z.string(),
    paymentId: z.string().nullable().meta({ description: "Null for a test." }),
    sequence: z.int(),
    status: z.enum(["pending", "delivered", "failed"]),
    created: time,
    nextAttempt: time
      .nullable()
      .meta({ description: "Null where there is none, or the payment's earlier events come first." }),
    attempts: z.array(attempt).meta({ description: "Oldest first." }),
  })
  .meta({ id: "WebhookDelivery" });
