import * as z from "zod";
import { holdsCardNumber } from "../../domain/payment/card-number.ts";
import { findCardProblems, findNumberProblem } from "../../vault/card-intake.ts";
import { anyCase, text } from "./common.ts";

/** Digits written as text become a number; an integer stays as it is. */
function digits(pattern: RegExp, schema: z.ZodInt) {
  return z.preprocess((input) => (typeof input === "string" && pattern.test(input) ? Number(input) : input), schema);
}

const DIGITS = { type: ["string", "integer"] as ["string", "integer"] };

export const card = z
  .strictObject({
    number: z
      .string()
      .superRefine((number, context) => {
        const problem = findNumberProblem(number);
        if (problem !== null) context.addIssue({ code: "custom", message: problem });
      })
      .meta({
        description: "12 to 19 digits that pass the Luhn check; spaces are allowed.",
        example: "4242 4242 4242 4242",
      }),
    expiryMonth: digits(/^\d{1,2}$/, z.int().min(1).max(12)).meta({
      override: DIGITS,
      description: "1 to 12.",
      example: "12",
    }),
    expiryYear: digits(/^(?:\d{2}|\d{4})$/, z.int().min(0))
      .refine((year) => year < 100 || (year >= 2000 && year < 2100), "must be a year of two or four digits")
      .meta({ override: DIGITS, description: "Two or four digits.", example: "2030" }),
    cvc: z
      .string()
      .regex(/^\d{3,4}$/, "must be 3 or 4 digits")
      .exactOptional()
      .meta({ example: "123" }),
    holderName: text(255).exactOptional().meta({ example: "John Doe" }),
  })
  .superRefine((value, context) => {
    for (const { member, message } of findCardProblems(value, Date.now())) {
      context.addIssue({ code: "custom", path: [member], message });
    }
  })
  .meta({ id: "Card" });

export const METHOD_TYPES = ["card", "wallet", "bank_redirect", "pay_later", "bank_transfer"] as const;

/** It is stored and shown, so it cannot smuggle a card past the guard of free text. */
const PROVIDER = /^[a-z][a-z0-9_]{1,39}$/;

/** One object, not a union: a union's problems name no member. What belongs together is checked afterwards. */
export const paymentMethod = z
  .strictObject({
    type: anyCase(METHOD_TYPES).exactOptional(),
    card: card.exactOptional(),
    token: text(200).exactOptional().meta({ description: "`tok_…` from hosted fields; single use." }),
    id: text(200).exactOptional().meta({ description: "`pm_…`, a saved method of the customer." }),
    provider: z
      .string()
      .transform((name) => name.toLowerCase())
      .refine((name) => PROVIDER.test(name) && !holdsCardNumber(name), "must be a provider's name, such as `paypal`")
      .exactOptional()
      .meta({ example: "paypal" }),
  })
  .superRefine((method, context) => {
    for (const { member, message, missing } of findMisfits(method)) {
      context.addIssue({ code: "custom", path: [member], message, params: { missing } });
    }
  })
  .meta({
    id: "PaymentMethodInput",
    description:
      "A card, a card token, a saved method, or another method by its provider. `{}` is the sandbox's default card in test mode.",
    example: {
      type: "card",
      card: { number: "4242 4242 4242 4242", expiryMonth: "12", expiryYear: "2030", cvc: "123" },
    },
  });

export type PaymentMethodInput = z.output<typeof paymentMethod>;

interface Misfit {
  member: string;
  message: string;
  missing: boolean;
}

function findMisfits(method: Readonly<Record<string, unknown>>): Misfit[] {
  const given = Object.keys(method);
  if (given.length === 0) return [];
  if (method["id"] !== undefined) {
    return given
      .filter((member) => member !== "id")
      .map((member) => ({ member, message: "does not go with `id`", missing: false }));
  }
  const type = method["type"];
  if (type === undefined) return [{ member: "type", message: "is required", missing: true }];
  const wanted = type !== "card" ? "provider" : method["token"] !== undefined ? "token" : "card";
  const misfits = given
    .filter((member) => member !== "type" && member !== wanted)
    .map((member) => ({ member, message: `does not go with \`${wanted}\``, missing: false }));
  if (method[wanted] === undefined) misfits.push({ member: wanted, message: "is required", missing: true });
  return misfits;
}
