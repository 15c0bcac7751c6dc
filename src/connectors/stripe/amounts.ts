/**
 * Stripe's amounts where they differ from ISO 4217's minor units. Source: docs.stripe.com/currencies, "Zero-decimal
 * currencies", "Special cases" and "Three-decimal currencies".
 */
import { type Exponents, fromProcessorUnits, toProcessorUnits } from "../units.ts";

/** Presentment currencies, lower case, as that page lists them and ISO 4217 still has them; and its three-decimal ones. */
export const STRIPE_CURRENCIES: readonly string[] = (
  "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny " +
  "cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd " +
  "jpy kes kgs khr kmf krw kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio " +
  "nok npr nzd pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd szl thb tjs top try " +
  "ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw bhd jod kwd omr tnd"
).split(" ");

/**
 * - `mga`: without decimals at Stripe, two in ISO 4217 (its fifth parts are written so).
 * - `isk`, `ugx`: without decimals in ISO 4217, and at Stripe written with two that have to be 00.
 */
const EXPONENTS: Exponents = { mga: 0, isk: 2, ugx: 2 };

/** The last digit of a three-decimal amount has to be 0: card networks settle in hundredths. */
const ROUND_TO_TEN = new Set(["bhd", "jod", "kwd", "omr", "tnd"]);

/** Null where Stripe cannot say this amount: nothing is rounded. `currency` is lower case. */
export function toStripeAmount(amount: number, currency: string): number | null {
  const units = toProcessorUnits(amount, currency, EXPONENTS);
  return units !== null && ROUND_TO_TEN.has(currency) && units % 10 !== 0 ? null : units;
}

/** Null where it is no whole number of our minor units, which an answer to something that we asked for never is. */
export function fromStripeAmount(units: number, currency: string): number | null {
  return units < 0 ? null : fromProcessorUnits(units, currency, EXPONENTS);
}
