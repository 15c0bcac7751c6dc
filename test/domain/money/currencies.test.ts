import currencyCodes from "currency-codes";
import { expect, test } from "vitest";
import { CURRENCIES, currencyExponent, isCurrency } from "../../../src/domain/money/currencies.ts";

/** Metals, baskets, codes for testing and for none: no minor unit. And the two index units with four decimals. */
const LEFT_OUT = [
  "CLF",
  "UYW",
  "XAG",
  "XAU",
  "XBA",
  "XBB",
  "XBC",
  "XBD",
  "XDR",
  "XPD",
  "XPT",
  "XSU",
  "XTS",
  "XUA",
  "XXX",
];
/** Joined the list after the oracle's edition: amendment 176. */
const NEWER = ["XCG"];

test("every currency of ISO 4217 has its exponent", () => {
  for (const { code, digits } of currencyCodes.data) {
    if (!LEFT_OUT.includes(code)) expect([code, currencyExponent(code.toLowerCase())]).toEqual([code, digits]);
  }
});

test("nothing else is a currency", () => {
  const known = new Set([...currencyCodes.codes().filter((code) => !LEFT_OUT.includes(code)), ...NEWER]);
  expect(CURRENCIES.map((code) => code.toUpperCase())).toEqual([...known].sort());
  for (const code of [...LEFT_OUT.map((left) => left.toLowerCase()), "abc", "", "GBP", "__proto__"]) {
    expect(isCurrency(code)).toBe(false);
  }
});
