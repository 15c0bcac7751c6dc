import { type Json, objectAt, textAt } from "../read-json.ts";
import { fromDecimal, toDecimal } from "../units.ts";

/** Mollie's documentation, "Multicurrency", lower case. Its decimals are those of ISO 4217. */
export const MOLLIE_CURRENCIES: readonly string[] =
  "aed aud bgn brl cad chf czk dkk eur gbp hkd huf ils isk jpy mxn myr nok nzd php pln ron rub sek sgd thb twd usd zar".split(
    " ",
  );

export interface WireAmount {
  /** ISO 4217, upper case. */
  currency: string;
  /** Decimal, with exactly the currency's digits. */
  value: string;
}

export function amountOf(amount: number, currency: string): WireAmount {
  return { currency: currency.toUpperCase(), value: toDecimal(amount, currency, {}) ?? "" };
}

/** Null where it is no amount that we could have asked for. */
export function readAmount(json: Json | null, name = "amount"): { amount: number; currency: string } | null {
  const wire = objectAt(json, name);
  const code = textAt(wire, "currency");
  const value = textAt(wire, "value");
  if (code === null || value === null || !/^[A-Z]{3}$/.test(code)) return null;
  const currency = code.toLowerCase();
  const amount = fromDecimal(value, currency);
  return amount === null ? null : { amount, currency };
}
