import * as z from "zod";
import { dryRun, ledgerEntry, listOf, operation, payment, paymentEvent, publicPayment } from "../schemas/answers.ts";
import { pageQuery } from "../schemas/common.ts";
import { listPaymentsFields } from "../schemas/list-payments.ts";
import {
  cancelPayment,
  capturePayment,
  confirmPayment,
  createPayment,
  emptyBody,
  readQuery,
  updatePayment,
} from "../schemas/payment.ts";
import { CARD_REQUEST, page, PAYMENT, PAYMENT_REQUEST } from "./examples.ts";
import type { RouteDescription, RouteDescriptions } from "./route.ts";

const clientSecret = z
  .string()
  .optional()
  .meta({ description: "The payment's `clientSecret`: required with a publishable key, and never wrong." });
const answeredPublicly = {
  "200": {
    description: "The payment; to a publishable key its public fields.",
    schema: z.union([payment, publicPayment]),
    example: PAYMENT,
  },
};
const answered = { "200": { description: "The payment.", schema: payment, example: PAYMENT } };
const write = { tag: "Payments", credential: "payments:write" } as const;
const read = { tag: "Payments", credential: "payments:read" } as const;
const METADATA_FILTER = z
  .string()
  .optional()
  .meta({ description: "`metadata[key]=value`, for any key, as often as wanted." });

function bare(name: string, summary: string): RouteDescription {
  const body = { schema: emptyBody, isRequired: false, examples: {} };
  return {
    ...write,
    name,
    summary,
    body,
    answers: answered,
    errors: ["payment_state_invalid", "operation_in_progress"],
  };
}

export const paymentRoutes: RouteDescriptions = {
  "POST /api/payments": {
    ...write,
    name: "createPayment",
    summary: "Create a payment",
    description:
      "A decline is no error: it answers 201 with `status: failed` and `lastError`. A payment whose outcome is not known yet answers 201 with `status: processing`.",
    body: {
      schema: createPayment,
      isRequired: true,
      examples: {
        sandbox: { summary: "The sandbox's default card", value: PAYMENT_REQUEST },
        card: { summary: "A card, authorised only", value: CARD_REQUEST },
      },
    },
    answers: {
      "201": { description: "The payment.", schema: payment, example: PAYMENT },
      "200": {
        description: "With `dryRun`: the decisions.",
        schema: dryRun,
        example: { dryRun: true, routing: {}, fraud: {} },
      },
    },
    errors: ["no_eligible_connector", "raw_card_disabled", "operation_in_progress"],
  },
  "GET /api/payments": {
    ...read,
    name: "listPayments",
    summary: "List payments",
    description:
      "Newest first. From the read model: it follows the payments by moments; a payment by its id is always the latest.",
    query: listPaymentsFields.extend({ "metadata[key]": METADATA_FILTER }),
    answers: { "200": { description: "A page of payments.", schema: listOf(payment), example: page(PAYMENT) } },
  },
  "GET /api/payments/:id": {
    ...read,
    name: "readPayment",
    summary: "Read a payment",
    description: "The latest committed state, or with `asOf` the state then.",
    isPublic: true,
    query: readQuery.extend({ clientSecret }),
    answers: answeredPublicly,
  },
  "PATCH /api/payments/:id": {
    ...write,
    name: "updatePayment",
    summary: "Update a payment",
    description:
      "Before it is confirmed; `metadata` and `description` also later. `metadata` merges, and an empty text removes.",
    body: {
      schema: updatePayment,
      isRequired: true,
      examples: { metadata: { summary: "Metadata", value: { metadata: { orderId: "A-1002" } } } },
    },
    answers: answered,
    errors: ["payment_state_invalid", "operation_in_progress", "raw_card_disabled"],
  },
  "POST /api/payments/:id/confirm": {
    ...write,
    name: "confirmPayment",
    summary: "Confirm a payment",
    description:
      "A publishable key may say `clientSecret`, `paymentMethod`, `returnUrl`, `browserInfo`, `connectionInformation`, `billing` and `setupFutureUsage`.",
    isPublic: true,
    body: {
      schema: confirmPayment.extend({ clientSecret }).meta({ id: "ConfirmPayment" }),
      isRequired: false,
      examples: { method: { summary: "With the method", value: { paymentMethod: CARD_REQUEST.paymentMethod } } },
    },
    answers: answeredPublicly,
    errors: ["payment_state_invalid", "operation_in_progress", "no_eligible_connector", "raw_card_disabled"],
  },
  "POST /api/payments/:id/capture": {
    ...write,
    name: "capturePayment",
    summary: "Capture what is held",
    body: {
      schema: capturePayment,
      isRequired: false,
      examples: { part: { summary: "A part", value: { amount: 400 } } },
    },
    answers: answered,
    errors: ["payment_state_invalid", "operation_in_progress", "amount_too_large"],
  },
  "POST /api/payments/:id/cancel": {
    ...write,
    name: "cancelPayment",
    summary: "Cancel a payment",
    description:
      "Releases what is held. A release that the processor refuses leaves the status as it was, with `lastError`.",
    body: {
      schema: cancelPayment,
      isRequired: false,
      examples: { reason: { summary: "With a reason", value: { reason: "out of stock" } } },
    },
    answers: answered,
    errors: ["payment_state_invalid", "operation_in_progress"],
  },
  "POST /api/payments/:id/sync": bare("syncPayment", "Ask the processor, and apply what it says"),
  "POST /api/payments/:id/approve": bare("approvePayment", "Approve after a fraud review"),
  "POST /api/payments/:id/reject": bare("rejectPayment", "Reject after a fraud review"),
  "GET /api/payments/:id/events": {
    ...read,
    name: "listPaymentEvents",
    summary: "List the committed transitions",
    description: "Ascending, from the creation; each is chained to the one before by its hash.",
    query: pageQuery,
    answers: { "200": { description: "A page of transitions.", schema: listOf(paymentEvent) } },
  },
  "GET /api/payments/:id/operations": {
    ...read,
    name: "listPaymentOperations",
    summary: "List the calls to processors",
    description: "Ascending: every call intended, sent, observed and settled.",
    query: pageQuery,
    answers: { "200": { description: "A page of calls.", schema: listOf(operation) } },
  },
  "GET /api/payments/:id/ledger": {
    ...read,
    name: "listPaymentLedger",
    summary: "List the payment's balanced entries",
    query: pageQuery,
    answers: { "200": { description: "A page of entries.", schema: listOf(ledgerEntry) } },
  },
};
