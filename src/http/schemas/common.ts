import * as z from "zod";
import { isCountry } from "../../domain/countries.ts";
import { isCurrency } from "../../domain/money/currencies.ts";

/** An enum that is accepted in any letter case and answered in the one given here. */
export function anyCase<const T extends readonly [string, ...string[]]>(values: T) {
  const canonical = new Map(values.map((value) => [value.toLowerCase(), value]));
  return z.preprocess(
    (input) => (typeof input === "string" ? (canonical.get(input.toLowerCase()) ?? input) : input),
    z.enum(values),
  );
}

export function text(maxLength: number) {
  return z.string().min(1).max(maxLength);
}

/** Largest amount of money in minor units; exact in a double, with room for sums. */
export const MAX_AMOUNT = 999_999_999_999;

export const amount = z
  .int()
  .min(0)
  .max(MAX_AMOUNT)
  .meta({ description: "Minor units of the currency (ISO 4217 exponent 0, 2 or 3).", example: 1000 });

export const positiveAmount = z
  .int()
  .min(1)
  .max(MAX_AMOUNT)
  .meta({ description: "Minor units of the currency.", example: 1000 });

export const currency = z
  .string()
  .transform((code) => code.toLowerCase())
  .refine(isCurrency, "must be an ISO 4217 alphabetic code")
  .meta({ description: "ISO 4217 alphabetic code, in any letter case.", example: "gbp" });

export const country = z
  .string()
  .transform((code) => code.toUpperCase())
  .refine(isCountry, "must be an ISO 3166-1 alpha-2 code")
  .meta({ description: "ISO 3166-1 alpha-2 code, in any letter case.", example: "GB" });

const MAX_METADATA_KEYS = 50;

/** Characters are counted as code points: an emoji is one. */
function atMost(characters: number) {
  return (value: string) => value.length <= characters || [...value].length <= characters;
}

export const metadata = z
  .record(
    z.string().min(1).refine(atMost(40), "must be at most 40 characters"),
    z.string().refine(atMost(500), "must be at most 500 characters"),
  )
  .refine((entries) => Object.keys(entries).length <= MAX_METADATA_KEYS, `must have at most ${MAX_METADATA_KEYS} keys`)
  .meta({
    description:
      "Up to 50 keys of up to 40 characters with string values of up to 500, echoed as they are. Card numbers are refused.",
    example: { orderId: "A-1001" },
  });

/** Members of every list's query. */
export const page = {
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, "must be a whole number from 1 to 100")
    .transform(Number)
    .refine((limit) => limit <= 100, "must be a whole number from 1 to 100")
    .default(10)
    .meta({
      description: "How many to answer, 1 to 100.",
      override: { type: "integer", minimum: 1, maximum: 100, default: 10 },
    }),
  cursor: z.string().min(1).max(1000).optional().meta({ description: "`nextCursor` of the page before." }),
};

export const pageQuery = z.object(page);
