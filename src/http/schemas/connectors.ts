import * as z from "zod";
import { text } from "./common.ts";

const label = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
    "must be 1 to 64 letters, digits, `_`, `.` or `-`, and start with a letter or digit",
  )
  .meta({
    description: "Names the account in rules and payments; unique within merchant and mode, and never changed.",
    example: "stripe-eu",
  });

const credentials = z.record(text(64), text(8000)).meta({
  description: "The processor's secrets, by its own names in camelCase. Encrypted at rest, never answered.",
  example: { apiKey: "sk_test_…" },
});

const settings = z
  .record(text(64), z.unknown())
  .meta({ description: "What is not secret, by the connector's own names." });

export const createConnector = z
  .strictObject({
    connector: z
      .string()
      .transform((name) => name.toLowerCase())
      .meta({ description: "A processor that we know.", example: "sandbox" }),
    label,
    credentials: credentials.default({}),
    settings: settings.default({}),
    enabled: z.boolean().default(true),
  })
  .meta({
    id: "CreateConnector",
    example: { connector: "sandbox", label: "b", settings: { latencyMs: 0, declineRate: 0, seed: 1 } },
  });

export const updateConnector = z
  .strictObject({
    credentials: credentials.exactOptional().meta({ description: "Merged by name." }),
    settings: settings.exactOptional().meta({ description: "Merged by name; null removes." }),
    enabled: z.boolean().exactOptional(),
  })
  .meta({ id: "UpdateConnector" });

const rate = z.number().min(0).max(1);

/** The built-in processor's knobs. */
const sandboxSettings = z.strictObject({
  latencyMs: z.int().min(0).max(60_000).optional(),
  declineRate: rate.optional(),
  errorRate: rate.optional(),
  timeoutRate: rate.optional(),
  duplicateWebhookRate: rate.optional(),
  seed: z.int().optional(),
  webhookSecret: text(200).optional(),
  webhooks: z.boolean().optional().meta({ description: "Whether it posts its webhooks." }),
  idempotency: z
    .boolean()
    .optional()
    .meta({ description: "`false`: it forgets idempotency keys, as bad processors do." }),
});

/** What other processors are set to: flat, so that a merge by name is the whole truth. */
const plainSettings = z.record(
  text(64),
  z.union([z.string().max(2000), z.number(), z.boolean()], { error: "must be a text, a number or a boolean" }),
);

export function settingsSchema(connector: string): z.ZodType<Record<string, unknown>> {
  return connector === "sandbox" ? sandboxSettings : plainSettings;
}
