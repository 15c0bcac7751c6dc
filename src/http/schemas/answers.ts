/** What we answer, for the documents; the answers themselves are written by what they come from. Open: members may be added. */
import * as z from "zod";
import { DECLINE_CATEGORIES } from "../../domain/outcome.ts";
import { PAYMENT_STATUSES } from "../../domain/rejection.ts";
import { ERRORS } from "../error-catalogue.ts";
import { SCOPES } from "../scopes.ts";
import { MAX_AMOUNT } from "./common.ts";
import { METHOD_TYPES } from "./payment-method.ts";

export const time = z.iso.datetime({ precision: 3 }).meta({ example: "2025-07-14T12:34:56.789Z" });
const money = z.int().min(0).max(MAX_AMOUNT).meta({ description: "Minor units.", example: 1000 });
const mode = z.enum(["test", "live"]);
const metadata = z.record(z.string(), z.string());
export const open = z.record(z.string(), z.unknown());
export const paymentStatus = z.enum(PAYMENT_STATUSES).meta({ id: "PaymentStatus", example: "succeeded" });

function id(prefix: string, body: string) {
  return z.string().meta({ description: `\`${prefix}_…\``, example: `${prefix}_${body}` });
}
const paymentId = id("pay", "00wvrcb3eywbxyd4cc20yay7p5");
const customerId = id("cus", "bg905kazsg4ev1pjgxmq7gf1");

const processorError = z
  .object({
    code: z.string(),
    message: z.string(),
    declineCode: z.string().nullable(),
    category: z.enum(DECLINE_CATEGORIES),
    retryable: z.boolean(),
    connectorCode: z.string().nullable(),
    connectorMessage: z.string().nullable(),
  })
  .meta({ id: "ProcessorError" });

const cardView = z
  .object({
    brand: z.string().meta({ example: "visa" }),
    last4: z.string().meta({ example: "4242" }),
    first6: z.string().meta({ example: "424242" }),
    expiryMonth: z.int().meta({ example: 12 }),
    expiryYear: z.int().meta({ example: 2030 }),
    funding: z.enum(["credit", "debit", "prepaid", "unknown"]),
    fingerprint: z
      .string()
      .meta({ description: "Equal for equal cards of one merchant.", example: "fd45703eb97e1331ef0d0142ff9b1163" }),
  })
  .meta({ id: "CardView" });

const attempt = z
  .object({
    id: id("att", "00wvrcb3eywbxyd4cc20yay7p501"),
    connector: z.string().meta({ example: "sandbox" }),
    status: z.string().meta({ example: "charged" }),
    amount: money,
    error: processorError.nullable(),
    created: time,
  })
  .meta({ id: "Attempt" });

export const payment = z
  .object({
    id: paymentId,
    amount: money,
    amountReceived: money.meta({ description: "Confirmed money only.", example: 1000 }),
    created: time,
    currency: z.string().meta({ example: "gbp" }),
    status: paymentStatus,
    nextAction: z
      .object({ type: z.literal("redirect").optional(), url: z.url().optional() })
      .meta({ description: "Empty where nothing is to be done." }),
    connector: z.string().meta({ description: "The account's label.", example: "sandbox" }),
    captureMethod: z.enum(["automatic", "manual", "manual_multiple"]),
    paymentMethod: z.enum([...METHOD_TYPES, ""]).meta({ example: "card" }),
    paymentMethodType: z.string().meta({ example: "credit" }),
    metadata,
    amountCapturable: money.meta({ example: 0 }),
    amountRefunded: money.meta({ description: "Refunds that succeeded.", example: 0 }),
    version: z.int().meta({ description: "Grows by one with each committed transition.", example: 4 }),
    livemode: z.boolean().meta({ example: false }),
    clientSecret: z.string(),
    customer: z.object({ id: customerId.optional() }).catchall(z.unknown()),
    lastError: processorError.nullable(),
    attempts: z.array(attempt),
    updated: time,
    paymentMethodDetails: z.object({ card: cardView.optional() }).optional(),
    paymentMethodId: id("pm", "wvrcb3eywbxyd4cc20yay7p5")
      .optional()
      .meta({ description: "The saved method, where one was saved or used." }),
    description: z.string().optional(),
    statementDescriptor: z.string().optional(),
    merchantReference: z.string().optional(),
    returnUrl: z.string().optional(),
    billing: open.optional(),
    shipping: open.optional(),
    authentication: open.optional(),
    setupFutureUsage: z.enum(["off_session", "on_session"]).optional(),
    offSession: z.boolean().optional(),
  })
  .meta({ id: "Payment" });

export const publicPayment = payment
  .pick({
    id: true,
    amount: true,
    currency: true,
    status: true,
    nextAction: true,
    paymentMethod: true,
    paymentMethodType: true,
    created: true,
    livemode: true,
    captureMethod: true,
  })
  .extend({ lastError: processorError.pick({ code: true, message: true, declineCode: true }).nullable() })
  .meta({ id: "PublicPayment", description: "What a publishable key sees of a payment." });

export const cardToken = z
  .object({
    id: id("tok", "4gq81xk2v7m0c5hn9r3tw6ya"),
    card: cardView.omit({ fingerprint: true }),
    expires: time,
  })
  .meta({ id: "CardToken", description: "A card for one payment, within 24 hours." });

export const dryRun = z
  .object({ dryRun: z.literal(true), routing: open, fraud: open })
  .meta({ id: "DryRun", description: "The decisions that would be taken. Nothing was stored, nobody called." });

export const refund = z
  .object({
    id: id("re", "00wvrcb3eywbxyd4cc20yay7p501"),
    paymentId,
    amount: money,
    currency: z.string().meta({ example: "gbp" }),
    status: z.enum(["pending", "succeeded", "failed", "review"]),
    reason: z.string().nullable(),
    errorMessage: z.string().nullable(),
    createdAt: time,
    metadata,
  })
  .meta({ id: "Refund" });

const hash = z.string().meta({ description: "SHA-256, hex." });

export const paymentEvent = z
  .object({
    sequence: z.int().meta({ example: 1 }),
    type: z.string().meta({ example: "payment.succeeded" }),
    created: time,
    from: paymentStatus.nullable(),
    to: paymentStatus,
    data: open,
    hash,
    previousHash: hash,
  })
  .meta({
    id: "PaymentEvent",
    description:
      "A committed transition. `hash` is over `previousHash`, a newline and the event without `hash` as canonical JSON.",
  });

export const operation = z
  .object({
    sequence: z.int(),
    operation: z.string().meta({ example: "charge" }),
    verb: z.string().meta({ example: "perform" }),
    idempotencyKey: z
      .string()
      .meta({ description: "The key that names it at the processor.", example: "att_00wvrcb3eywbxyd4cc20yay7p501" }),
    connector: z.string().meta({ example: "sandbox" }),
    amount: money,
    status: z.string().meta({ example: "settled" }),
    outcome: z.string().nullable().meta({ example: "approved" }),
    detail: z.string().nullable(),
    intended: time,
    sent: time.nullable(),
    observed: time.nullable(),
    settled: time.nullable(),
  })
  .meta({ id: "Operation", description: "A call to a processor: intended, sent, observed, settled." });

export const ledgerEntry = z
  .object({
    sequence: z.int(),
    operation: z.enum(["authorize", "charge", "capture", "void", "refund", "expire"]),
    debit: z.enum(["customer", "held", "merchant"]),
    credit: z.enum(["customer", "held", "merchant"]),
    amount: money,
    created: time,
  })
  .meta({ id: "LedgerEntry" });

export const sandboxEntry = z
  .object({
    id: z.string(),
    operation: z.enum(["charge", "authorize", "capture", "void", "refund"]),
    amount: money,
    currency: z.string(),
    idempotencyKey: z.string(),
    account: id("ca", "0xw9xhz2n1mfk2v4b0q6j7re"),
    paymentId,
    created: time,
  })
  .meta({ id: "SandboxLedgerEntry" });

const key = z
  .object({
    id: id("key", "8xkq2mv7c0d5hn3r1tw4z6ya"),
    type: z.enum(["secret", "publishable"]),
    mode,
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)).nullable().meta({ description: "Null: all." }),
    created: time,
    expiresAt: time.nullable(),
    lastUsed: time.nullable(),
  })
  .meta({ id: "Key" });

export const listedKey = key;
export const newKey = key.extend({ key: z.string().meta({ description: "Shown this once." }) }).meta({ id: "NewKey" });

export const merchant = z
  .object({
    id: id("mer", "se1tzrjgva8hxfj5dy9nbm3z"),
    name: z.string(),
    keys: z.array(z.object({ id: z.string(), type: z.enum(["secret", "publishable"]), mode, key: z.string() })),
  })
  .meta({ id: "Merchant", description: "The keys are shown this once." });

export const connectorAccount = z
  .object({
    id: id("ca", "0xw9xhz2n1mfk2v4b0q6j7re"),
    connector: z.string().meta({ example: "sandbox" }),
    label: z.string().meta({ example: "b" }),
    enabled: z.boolean(),
    mode,
    capabilities: open,
    settings: open,
    credentials: z
      .record(z.string(), z.string())
      .meta({ description: "The end of each secret.", example: { apiKey: "…1234" } }),
    webhookUrl: z.url(),
    created: time,
  })
  .meta({ id: "ConnectorAccount" });

export const deleted = z.object({ id: z.string(), deleted: z.literal(true) }).meta({ id: "Deleted" });

export const received = z.object({ received: z.literal(true) }).meta({ id: "Received" });

export const liveness = z.object({ status: z.literal("ok") }).meta({ id: "Liveness" });
export const readiness = z
  .object({
    status: z.enum(["ready", "unavailable"]),
    checks: z.object({ database: z.boolean(), shards: z.boolean() }),
  })
  .meta({ id: "Readiness" });

export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item), hasMore: z.boolean(), nextCursor: z.string().nullable() });
}

const issue = z.object({ path: z.string(), code: z.string(), message: z.string() });

const codes = Object.keys(ERRORS) as [keyof typeof ERRORS, ...(keyof typeof ERRORS)[]];

export const errorEnvelope = z
  .object({
    error: z.object({
      type: z.enum([
        "invalid_request",
        "authentication",
        "not_found",
        "conflict",
        "idempotency",
        "rate_limit",
        "connector",
        "api",
      ]),
      code: z.enum(codes),
      message: z.string(),
      param: z.string().optional(),
      issues: z.array(issue).optional().meta({ description: "Every problem, not the first." }),
      status: paymentStatus.optional(),
      allowed: z.array(paymentStatus).optional(),
      requestId: z.string(),
    }),
  })
  .meta({ id: "Error" });
