import * as z from "zod";
import { listOf, open, time } from "../schemas/answers.ts";
import { pageQuery } from "../schemas/common.ts";
import { createPayment, emptyBody } from "../schemas/payment.ts";
import { backtestRequest, routingConfig } from "../schemas/routing.ts";
import { page, PAYMENT_ID } from "./examples.ts";
import type { RouteDescriptions } from "./route.ts";

const ID = "rt_0xw9xhz2n1mfk2v4b0q6j7re";

const CONFIG = {
  rules: [
    {
      name: "large pounds",
      when: {
        all: [
          { field: "currency", op: "eq", value: "gbp" },
          { field: "amount", op: "gte", value: 100_000 },
        ],
      },
      use: { priority: ["sandbox"] },
    },
  ],
  default: { bestRate: { connectors: ["sandbox"], explore: 0.05 } },
  retry: { maxAttempts: 3 },
};

const VERSION = { id: ID, version: 1, config: CONFIG, created: "2025-07-14T12:00:00.000Z", active: true };

const version = z
  .object({
    id: z.string().nullable().meta({ description: "`rt_…`; null: nothing was ever put.", example: ID }),
    version: z.int(),
    config: open,
    created: time.nullable(),
    active: z.boolean(),
  })
  .meta({ id: "RoutingVersion" });

const issue = z.object({ path: z.string(), code: z.string(), message: z.string() });
const lint = z
  .object({ valid: z.boolean(), issues: z.array(issue), warnings: z.array(issue) })
  .meta({ id: "RoutingLint" });

const attemptReceipt = z.object({
  attemptId: z.string().nullable(),
  connector: z.string(),
  status: z.string(),
  reason: z.string(),
  created: time.nullable(),
  configVersion: z.string().nullable(),
  rule: z.string(),
  ruleIndex: z.int().nullable(),
  candidates: z.array(
    z.object({ id: z.string(), connector: z.string(), probability: z.number(), score: z.number().nullable() }),
  ),
  excluded: z.array(z.object({ id: z.string().nullable(), connector: z.string(), reason: z.string() })),
  scores: z.record(z.string(), z.number()),
  draws: z.array(z.object({ purpose: z.string(), seed: z.string(), value: z.number() })),
  maxAttempts: z.int(),
});

const receipt = z
  .object({
    paymentId: z.string().meta({ example: PAYMENT_ID }),
    configVersion: z.string().nullable(),
    attempts: z.array(attemptReceipt),
    facts: open.nullable(),
    config: open.nullable(),
  })
  .meta({ id: "Receipt", description: "Why each attempt went where it went, with what it was decided from." });

const estimate = z.object({ rate: z.number().nullable(), low: z.number().nullable(), high: z.number().nullable() });
const report = z
  .object({
    decisions: z.int(),
    recordedRate: z.number().nullable(),
    estimate,
    inversePropensity: estimate,
    confidence: z.number(),
    coverage: z.number(),
    effectiveDecisions: z.int(),
    shares: z.record(z.string(), z.number()),
    truncated: z.boolean(),
    from: time,
    to: time,
  })
  .meta({ id: "BacktestReport" });

const part = z.object({
  calls: z.int(),
  successRate: z.number().nullable().meta({ description: "Share of calls that were answered, approved or declined." }),
  approvalRate: z.number().nullable(),
  errors: z.int(),
  timeouts: z.int(),
  latency: z.object({ p50: z.number().nullable(), p95: z.number().nullable() }),
  circuit: z.enum(["closed", "open", "half_open"]),
});

const health = part
  .extend({
    id: z.string(),
    connector: z.string(),
    byRegion: z.array(part.extend({ region: z.string() })),
    timeline: z.array(
      z.object({ from: time, approved: z.int(), declined: z.int(), errors: z.int(), timeouts: z.int() }),
    ),
    circuitChanges: z.array(z.object({ at: time, region: z.string(), from: z.string(), to: z.string() })),
    windowMinutes: z.int(),
    asOf: time,
  })
  .meta({ id: "ConnectorHealth" });

const read = { tag: "Routing", credential: "config:read" } as const;
const write = { tag: "Routing", credential: "config:write" } as const;
const answered = { "200": { description: "The version.", schema: version, example: VERSION } };

export const routingRoutes: RouteDescriptions = {
  "GET /api/routing": {
    ...read,
    name: "readRouting",
    summary: "Read the active routing",
    description:
      "Its `etag` is the version's id, for `If-Match`. Before anything was put: accounts in the order of creation.",
    answers: answered,
  },
  "PUT /api/routing": {
    ...write,
    name: "putRouting",
    summary: "Put a new version of the routing",
    description: "Active at once. With `If-Match`, refused where another version than that one is active.",
    body: {
      schema: routingConfig,
      isRequired: true,
      examples: { rules: { summary: "A rule and a default", value: CONFIG } },
    },
    answers: answered,
    errors: ["operation_in_progress"],
  },
  "GET /api/routing/versions": {
    ...read,
    name: "listRoutingVersions",
    summary: "List routing versions",
    query: pageQuery,
    answers: {
      "200": { description: "A page of versions, newest first.", schema: listOf(version), example: page(VERSION) },
    },
  },
  "GET /api/routing/versions/:id": {
    ...read,
    name: "readRoutingVersion",
    summary: "Read a routing version",
    answers: answered,
  },
  "POST /api/routing/versions/:id/activate": {
    ...write,
    name: "activateRoutingVersion",
    summary: "Make a version the active one",
    body: { schema: emptyBody, isRequired: false, examples: {} },
    answers: answered,
    errors: ["operation_in_progress"],
  },
  "POST /api/routing/lint": {
    ...read,
    name: "lintRouting",
    summary: "Find what is wrong with a routing configuration",
    body: { schema: routingConfig, isRequired: true, examples: {} },
    answers: {
      "200": { description: "Every problem.", schema: lint, example: { valid: true, issues: [], warnings: [] } },
    },
  },
  "POST /api/routing/simulate": {
    ...read,
    name: "simulateRouting",
    summary: "See where a payment would go",
    description: "Takes a payment's body; stores nothing, calls nobody. Without a method, the sandbox's default card.",
    body: { schema: createPayment, isRequired: true, examples: {} },
    answers: { "200": { description: "The receipt that it would get.", schema: receipt } },
    errors: ["no_eligible_connector", "raw_card_disabled"],
  },
  "POST /api/routing/backtest": {
    ...read,
    name: "backtestRouting",
    summary: "Estimate what another configuration would have led to",
    description:
      "Weighs the first attempts of payments created between `from` and `to` by how probable their choice was, and how probable this configuration makes it.",
    body: { schema: backtestRequest, isRequired: true, examples: {} },
    answers: { "200": { description: "The estimate, its interval and its coverage.", schema: report } },
  },
  "GET /api/payments/:id/receipt": {
    tag: "Routing",
    credential: "payments:read",
    name: "readReceipt",
    summary: "Read why a payment went where it went",
    description: "`npm run receipt:verify` decides again from it and says whether it comes out equal.",
    answers: { "200": { description: "The receipt.", schema: receipt } },
  },
  "GET /api/connectors/:id/health": {
    ...read,
    name: "readConnectorHealth",
    summary: "Read an account's health",
    description: "Of the last hour: success rate, latency and circuit, by region, with a timeline.",
    answers: { "200": { description: "The account's health.", schema: health } },
  },
};
