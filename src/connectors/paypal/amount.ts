import { type Json, objectAt, textAt } from "../read-json.ts";
import { type Exponents, fromDecimal, toDecimal } from "../units.ts";

/** PayPal's documentation, "Currency codes": "does not support decimals" for these and the yen, which ISO agrees on. */
export const PAYPAL_EXPONENTS: Exponents = { huf: 0, twd: 0 };

/** The same page's list, lower case. */
export const PAYPAL_CURRENCIES: readonly string[] =
  "aud brl cad chf cny czk dkk eur gbp hkd huf ils jpy mxn myr nok nzd php pln sek sgd thb twd usd".split(" ");

export interface WireMoney {
  /** ISO 4217, upper case. */
  currency_code: string;
  /** Decimal. */
  value: string;
}

/** Null where PayPal cannot express it: hundredths of a forint, for one. */
export function moneyOf(amount: number, currency: string): WireMoney | null {
  const value = toDecimal(amount, currency, PAYPAL_EXPONENTS);
  return value === null ? null : { currency_code: currency.toUpperCase(), value };
}

/** Null where it is no money that we could have asked for. */
export function readMoney(json: Json | null, name = "amount"): { amount: number; currency: string } | null {
  const wire = objectAt(json, name);
  const code = textAt(wire, "currency_code");
  const value = textAt(wire, "value");
  if (code === null || value === null || !/^[A-Z]{3}$/.test(code)) return null;
  const currency = code.toLowerCase();
  const amount = fromDecimal(value, currency);
  return amount === null ? null : { amount, currency };
}
