import { integerAt, type Json, objectAt, textAt } from "../read-json.ts";
import { type Exponents, fromProcessorUnits, toProcessorUnits } from "../units.ts";

/** Adyen's documentation, "Currency codes and minor units": the four that it marks as differing from the standard. */
export const ADYEN_EXPONENTS: Exponents = { clp: 2, cve: 0, idr: 0, isk: 2 };

export interface WireAmount {
  value: number;
  /** ISO 4217, upper case. */
  currency: string;
}

/** Null where Adyen cannot express it: hundredths of a rupiah, for one. */
export function amountOf(amount: number, currency: string): WireAmount | null {
  const value = toProcessorUnits(amount, currency, ADYEN_EXPONENTS);
  return value === null ? null : { value, currency: currency.toUpperCase() };
}

export type AmountReading = "absent" | "unreadable" | { amount: number; currency: string };

/** Of `amount` in an answer or an event, in our units. */
export function readAmount(json: Json): AmountReading {
  if (!Object.hasOwn(json, "amount")) return "absent";
  const wire = objectAt(json, "amount");
  const value = integerAt(wire, "value");
  const code = textAt(wire, "currency");
  if (value === null || value < 0 || code === null || !/^[A-Z]{3}$/.test(code)) return "unreadable";
  const currency = code.toLowerCase();
  const amount = fromProcessorUnits(value, currency, ADYEN_EXPONENTS);
  return amount === null ? "unreadable" : { amount, currency };
}
