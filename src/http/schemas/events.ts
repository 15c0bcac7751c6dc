import * as z from "zod";
import { EVENT_TYPES, PING_TYPE } from "../../webhooks/event-types.ts";
import { payment, refund } from "./answers.ts";
import { anyCase, page } from "./common.ts";

export const listEventsQuery = z.object({
  ...page,
  after: z.string().min(1).max(100).optional().meta({
    description:
      "An event's id: what came after it, ascending in the order of arrival, so that a reader misses nothing.",
  }),
  type: anyCase(EVENT_TYPES).optional(),
  paymentId: z.string().min(1).max(100).optional().meta({ example: "pay_00wvrcb3eywbxyd4cc20yay7p5" }),
});

export const streamQuery = z.object({
  clientSecret: z.string().max(200).optional().meta({ description: "The payment's; needed with a publishable key." }),
  key: z.string().max(200).optional().meta({
    description: "A publishable key, for browsers' `EventSource`, which sends no headers.",
  }),
  lastEventId: z.string().max(20).optional().meta({ description: "The same as the header `Last-Event-ID`." }),
});

export const redeliverEvent = z
  .strictObject({
    endpointId: z.string().exactOptional().meta({ description: "One endpoint; absent: every enabled one." }),
  })
  .meta({ id: "RedeliverEvent" });

export const event = z
  .object({
    id: z.string().meta({ example: "evt_00wvrcb3eywbxyd4cc20yay7p5003" }),
    type: z.enum([...EVENT_TYPES, PING_TYPE]),
    created: z.iso.datetime({ precision: 3 }).meta({ example: "2025-07-14T12:34:56.789Z" }),
    sequence: z.int().meta({ description: "The transition's in the payment's event log, from 1 without a gap." }),
    data: z.object({ payment, refund: refund.optional() }),
  })
  .meta({ id: "Event", description: "What webhooks carry, byte for byte." });
