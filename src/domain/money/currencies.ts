/**
 * ISO 4217's alphabetic codes and their exponents. A table of our own, because CLDR (and so `Intl`) disagrees: it
 * gives the forint none, where ISO 4217 gives two. Left out: metals, baskets, test codes (no minor unit), and the two
 * index units with four decimals.
 */
const BY_EXPONENT: readonly (readonly [0 | 2 | 3, string])[] = [
  [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
  [
    2,
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW " +
      "CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR " +
      "ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR " +
      "MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN " +
      "SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
  ],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
];

const EXPONENTS = new Map<string, 0 | 2 | 3>();
for (const [exponent, codes] of BY_EXPONENT) {
  for (const code of codes.toLowerCase().split(" ")) EXPONENTS.set(code, exponent);
}

/** All that are accepted, lower case, as answers write them. */
export const CURRENCIES: readonly string[] = [...EXPONENTS.keys()].sort();

/** Decimal digits of the minor unit; null for what is no currency. `code` is lower case. */
export function currencyExponent(code: string): 0 | 2 | 3 | null {
  return EXPONENTS.get(code) ?? null;
}

export function isCurrency(code: string): boolean {
  return EXPONENTS.has(code);
}
