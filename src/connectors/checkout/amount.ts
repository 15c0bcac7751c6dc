import { integerAt, type Json, textAt } from "../read-json.ts";
import { type Exponents, fromProcessorUnits, toProcessorUnits } from "../units.ts";

/**
 * Checkout.com's documentation, "Format the amount value": its whole-unit and thousandth currencies are those of
 * ISO 4217, but for the Chilean peso, which it counts in hundredths.
 */
export const CHECKOUT_EXPONENTS: Exponents = { clp: 2 };

/** "Must not contain more than nine digits", whatever the currency. */
const MAX_UNITS = 999_999_999;

/** Null where Checkout.com cannot express it. */
export function unitsOf(amount: number, currency: string): number | null {
  const units = toProcessorUnits(amount, currency, CHECKOUT_EXPONENTS);
  return units === null || units > MAX_UNITS ? null : units;
}

/** Of `amount` in an answer, in our units; null where it is none of this currency. */
export function readAmount(json: Json, currency: string): number | null {
  const units = integerAt(json, "amount");
  return units === null || units < 0 ? null : fromProcessorUnits(units, currency, CHECKOUT_EXPONENTS);
}

export function readCurrency(json: Json): string | null {
  const code = textAt(json, "currency");
  return code !== null && /^[A-Z]{3}$/.test(code) ? code.toLowerCase() : null;
}
