/** Routing configurations for the documents: what judges them is `domain/routing/read-config.ts` and `lint.ts`. */
import * as z from "zod";
import { FIELDS } from "../../domain/routing/fields.ts";
import { LIMITS, OPERATORS } from "../../domain/routing/config.ts";

const connector = z
  .string()
  .min(1)
  .max(LIMITS.nameLength)
  .meta({ description: "A connector account's id or label.", example: "sandbox" });

const single = z.union([z.string().min(1).max(LIMITS.valueLength), z.int().min(0)]);

const comparison = z
  .strictObject({
    field: z.string().meta({
      description: `One of ${Object.keys(FIELDS).join(", ")}, or metadata.<key>.`,
      example: "currency",
    }),
    op: z.enum(OPERATORS),
    value: z.union([single, z.array(single).min(1).max(LIMITS.values)]),
  })
  .meta({ id: "RoutingComparison", example: { field: "currency", op: "eq", value: "usd" } });

const condition: z.ZodType = z
  .lazy(() =>
    z.union([
      z.strictObject({}),
      z.strictObject({ all: z.array(condition).min(1) }),
      z.strictObject({ any: z.array(condition).min(1) }),
      z.strictObject({ not: condition }),
      comparison,
    ]),
  )
  .meta({ id: "RoutingCondition", description: `\`{}\` holds always. Nested to depth ${LIMITS.depth}.` });

const use = z
  .union([
    z.strictObject({ priority: z.array(connector).min(1).max(LIMITS.connectors) }),
    z.strictObject({
      split: z
        .array(z.strictObject({ connector, weight: z.number().min(0).max(LIMITS.weight) }))
        .min(1)
        .max(LIMITS.connectors),
    }),
    z.strictObject({
      bestRate: z.strictObject({
        connectors: z.array(connector).min(1).max(LIMITS.connectors),
        explore: z.number().min(0).max(1).exactOptional().meta({
          description: "The share of payments that go to one of them by the draw alone. Default 0.05.",
        }),
      }),
    }),
  ])
  .meta({ id: "RoutingUse", example: { priority: ["sandbox"] } });

const rule = z
  .strictObject({
    name: z.string().min(1).max(LIMITS.nameLength).exactOptional(),
    when: condition.optional(),
    use,
  })
  .meta({ id: "RoutingRule" });

export const routingConfig = z
  .strictObject({
    rules: z.array(rule).max(LIMITS.rules).exactOptional(),
    default: use.exactOptional().meta({ description: "Absent: every account, in the order of creation." }),
    retry: z
      .strictObject({ maxAttempts: z.int().min(1).max(LIMITS.maxAttempts).exactOptional() })
      .exactOptional()
      .meta({ description: "`maxAttempts`, 3 where it is absent: the first attempt and what a cascade adds." }),
  })
  .meta({ id: "RoutingConfig" });

const time = (bound: string) =>
  z.iso
    .datetime({ message: "must be an ISO 8601 time in UTC" })
    .transform((value) => Date.parse(value))
    .meta({ description: `${bound} of the payments' creation.`, override: { type: "string", format: "date-time" } });

const rangeFields = { from: time("The first moment"), to: time("The last moment") };
/** The configuration in it is judged apart. */
export const backtestRange = z.strictObject({ config: z.unknown(), ...rangeFields });
export const backtestRequest = z
  .strictObject({ config: routingConfig, ...rangeFields })
  .meta({ id: "BacktestRequest" });
