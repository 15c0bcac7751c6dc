import * as z from "zod";
import { PAYMENT_STATUSES } from "../../domain/rejection.ts";
import { decodeCursor } from "../../projection/cursor.ts";
import { MAX_AMOUNT, anyCase, currency, page, text } from "./common.ts";

const METADATA_NAME = /^metadata\[(.+)\]$/s;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

const iso = z.union([z.iso.datetime({ offset: true }), z.iso.date()], { error: "must be an ISO 8601 time or date" });

/** A date alone is that day in UTC: from its first millisecond, or to its last. */
function time(end: "first" | "last") {
  return iso
    .transform((text) => Date.parse(text) + (end === "last" && DATE.test(text) ? DAY_MS - 1 : 0))
    .meta({
      description: `ISO 8601; a date alone counts to its ${end} millisecond in UTC. Inclusive.`,
      override: { type: "string" },
    });
}

const amountBound = z
  .string()
  .regex(/^\d{1,12}$/, `must be a whole number from 0 to ${MAX_AMOUNT}`)
  .transform(Number)
  .meta({ description: "Minor units. Inclusive.", override: { type: "integer", minimum: 0, maximum: MAX_AMOUNT } });

/** The query of `GET /api/payments`, but for `metadata[key]`, which no list of names can hold. */
export const listPaymentsFields = z.object({
  ...page,
  cursor: z
    .string()
    .transform((text, context) => {
      const cursor = decodeCursor(text);
      if (cursor !== null) return cursor;
      context.addIssue({ code: "custom", message: "is not a cursor of this list" });
      return z.NEVER;
    })
    .optional()
    .meta({ description: "`nextCursor` of the page before.", override: { type: "string" } }),
  status: anyCase(PAYMENT_STATUSES).optional(),
  currency: currency.optional(),
  connector: text(255).optional().meta({ description: "A connector account's label." }),
  customerId: text(255).optional(),
  email: text(320).optional().meta({ description: "Of the customer, in any letter case." }),
  merchantReference: text(64).optional(),
  createdFrom: time("first").optional(),
  createdTo: time("last").optional(),
  amountMin: amountBound.optional(),
  amountMax: amountBound.optional(),
});

const MAX_METADATA_VALUE = 500;

const metadata = z.record(
  text(40),
  z.custom<string>((value) => typeof value === "string" && value.length <= MAX_METADATA_VALUE, {
    error: `must be given once, with at most ${MAX_METADATA_VALUE} characters`,
  }),
  { error: "is given as `metadata[key]=value`" },
);

/** Judges one text a name, or a list of texts where a name is repeated, which no field takes. */
export const listPaymentsQuery = z.preprocess(
  gatherMetadata,
  z.strictObject({ ...listPaymentsFields.shape, metadata: metadata.optional() }),
);

/** `metadata[key]=value` becomes a member of `metadata`. */
function gatherMetadata(input: unknown): unknown {
  if (typeof input !== "object" || input === null) return input;
  const fields: [string, unknown][] = [];
  const pairs: [string, unknown][] = [];
  for (const [name, value] of Object.entries(input)) {
    const key = METADATA_NAME.exec(name)?.[1];
    if (key === undefined) fields.push([name, value]);
    else pairs.push([key, value]);
  }
  if (pairs.length > 0) fields.unshift(["metadata", Object.fromEntries(pairs)]);
  return Object.fromEntries(fields);
}
