import fc from "fast-check";
import { expect, test } from "vitest";
import { brandOf, holdsCardNumber, looksLikeCardNumber, passesLuhn } from "../../../src/domain/payment/card-number.ts";

/** Published test numbers, one or two a brand. */
const CARDS: Record<string, string[]> = {
  visa: ["4242424242424242", "4111111111111111", "4222222222222"],
  mastercard: ["5555555555554444", "2223003122003222"],
  amex: ["378282246310005", "371449635398431"],
  discover: ["6011111111111117", "6445644564456445"],
  diners: ["30569309025904", "36227206271667"],
  jcb: ["3566002020360505"],
  unionpay: ["6200000000000005"],
  maestro: ["6759649826438453"],
};
const ALL = Object.values(CARDS).flat();

/** Appends the check digit. */
function withCheckDigit(digits: string): string {
  for (let check = 0; check < 10; check += 1) if (passesLuhn(`${digits}${check}`)) return `${digits}${check}`;
  throw new Error("unreachable");
}

const digitsOf = (length: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length }).map((list) => list.join(""));

test("each brand's numbers are known by their leading digits", () => {
  for (const [brand, numbers] of Object.entries(CARDS))
    for (const number of numbers) expect(brandOf(number)).toBe(brand);
  expect(brandOf("9999999999999995")).toBe("unknown");
  expect(brandOf("42424242424242424")).toBe("unknown");
});

test("exactly one check digit of ten fits", () => {
  fc.assert(
    fc.property(fc.integer({ min: 11, max: 18 }).chain(digitsOf), (digits) => {
      expect([..."0123456789"].filter((check) => passesLuhn(digits + check))).toHaveLength(1);
    }),
  );
});

test("a Luhn-valid run of 13 to 19 digits is found, however it is grouped", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 12, max: 18 }).chain(digitsOf),
      fc.array(fc.constantFrom("", " ", "-", "\u00a0", "–"), { minLength: 19, maxLength: 19 }),
      (body, gaps) => {
        const number = withCheckDigit(body);
        const grouped = [...number]
          .map((digit, index) => digit + (index < number.length - 1 ? gaps[index] : ""))
          .join("");
        expect(holdsCardNumber(`order ${grouped}.`)).toBe(true);
      },
    ),
  );
});

test("a card with its expiry behind it is found", () => {
  for (const card of ALL) {
    expect(holdsCardNumber(`${card} 12/30 123`)).toBe(true);
    expect(looksLikeCardNumber(`${card} 12/30 123`)).toBe(true);
  }
});

test("digits of other scripts are digits", () => {
  expect(holdsCardNumber("４２４２４２４２４２４２４２４２")).toBe(true);
  expect(holdsCardNumber("٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢")).toBe(true);
});

test("runs of another length or with a wrong check digit are no card", () => {
  fc.assert(
    fc.property(fc.oneof(...[11, 20, 25].map((length) => digitsOf(length))), (digits) => {
      expect(holdsCardNumber(digits)).toBe(false);
    }),
  );
  expect(holdsCardNumber("4242424242424241")).toBe(false);
});

test("free text refuses cards of every brand", () => {
  for (const card of ALL) {
    expect(looksLikeCardNumber(`please charge ${card}, thanks`)).toBe(true);
    expect(looksLikeCardNumber(card.replace(/(.{4})(?=.)/g, "$1-"))).toBe(true);
  }
});

test("free text takes telephone numbers, references, times and tokens", () => {
  const harmless = [
    "+4915112345678",
    "+49 151 1234 5678",
    "+441632960961",
    "1731583020000",
    "2025-07-14T12:34:56.789Z",
    "00000000000000",
    "1000000000000008",
    "DE89370400440532013000",
    "ftr_4242424242424242_a",
    "9999999999999995",
    "192.168.100.200",
    "2001:db8:85a3::8a2e:370:7334",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36",
  ];
  for (const text of harmless) expect([text, looksLikeCardNumber(text)]).toEqual([text, false]);
});
