/** Amounts between us (minor units of ISO 4217) and processors that count differently. Integers and texts only. */
import { currencyExponent } from "../domain/money/currencies.ts";

/** A processor's decimals where they differ from ISO 4217; codes are lower case. */
export type Exponents = Readonly<Record<string, number>>;

function exponents(currency: string, theirs: Exponents): { iso: number; own: number } {
  const iso = currencyExponent(currency) ?? 2;
  return { iso, own: Object.hasOwn(theirs, currency) ? (theirs[currency] ?? iso) : iso };
}

/** Null where the processor cannot express the amount, as it counts in larger units. */
export function toProcessorUnits(amount: number, currency: string, theirs: Exponents): number | null {
  const { iso, own } = exponents(currency, theirs);
  return shift(amount, own - iso);
}

/** Null where what it says is no whole number of our minor units. */
export function fromProcessorUnits(units: number, currency: string, theirs: Exponents): number | null {
  const { iso, own } = exponents(currency, theirs);
  return shift(units, iso - own);
}

function shift(amount: number, digits: number): number | null {
  const shifted = digits >= 0 ? amount * 10 ** digits : amount / 10 ** -digits;
  return Number.isSafeInteger(shifted) ? shifted : null;
}

/** `1050` of eur is `10.50`; null where the processor cannot express the amount. */
export function toDecimal(amount: number, currency: string, theirs: Exponents): string | null {
  const { own } = exponents(currency, theirs);
  const units = toProcessorUnits(amount, currency, theirs);
  if (units === null) return null;
  if (own === 0) return String(units);
  const digits = String(units).padStart(own + 1, "0");
  return `${digits.slice(0, -own)}.${digits.slice(-own)}`;
}

const DECIMAL = /^(\d{1,13})(?:\.(\d{1,4}))?$/;

/** Minor units of `10.50`; null where it is no amount of this currency. Further decimals must be zeros. */
export function fromDecimal(text: string, currency: string): number | null {
  const [, whole, fraction = ""] = DECIMAL.exec(text) ?? [];
  const exponent = currencyExponent(currency) ?? 2;
  if (whole === undefined || /[^0]/.test(fraction.slice(exponent))) return null;
  const units = Number(whole + fraction.slice(0, exponent).padEnd(exponent, "0"));
  return Number.isSafeInteger(units) ? units : null;
}
