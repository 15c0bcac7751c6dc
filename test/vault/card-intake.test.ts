import { expect, test } from "vitest";
import { defaultTestCard, findCardProblems, findNumberProblem, takeCard } from "../../src/vault/card-intake.ts";

const NOW = Date.UTC(2026, 10, 22);
const owner = { masterKey: "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", merchantId: "mer_a", mode: "test" as const };
const CARD = { number: "4242 4242 4242 4242", expiryMonth: 3, expiryYear: 30, cvc: "123", holderName: "J. Doe" };

test("what is shown of a card is its mask; what a processor gets is the card", () => {
  const { view, card } = takeCard(CARD, owner);
  expect(view).toEqual({
    type: "card",
    paymentMethodType: "credit",
    card: {
      brand: "visa",
      last4: "4242",
      first6: "424242",
      expiryMonth: 3,
      expiryYear: 2030,
      funding: "credit",
      fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
    },
  });
  expect(card).toEqual({
    number: "4242424242424242",
    expiryMonth: 3,
    expiryYear: 2030,
    cvc: "123",
    holderName: "J. Doe",
  });
});

test("a fingerprint is equal for equal cards of a merchant, and only there", () => {
  const print = (input: typeof CARD, merchantId = "mer_a") =>
    takeCard(input, { ...owner, merchantId }).view.card?.fingerprint;
  expect(print({ ...CARD, number: "4242424242424242", cvc: "999", expiryYear: 2031 })).toBe(print(CARD));
  expect(print({ ...CARD, number: "4111111111111111" })).not.toBe(print(CARD));
  expect(print(CARD, "mer_b")).not.toBe(print(CARD));
});

test("the debit test card is debit; in live mode the funding is not known", () => {
  expect(takeCard({ ...CARD, number: "4000056655665556" }, owner).view.paymentMethodType).toBe("debit");
  expect(takeCard(CARD, { ...owner, mode: "live" }).view).toMatchObject({
    paymentMethodType: "credit",
    card: { funding: "unknown" },
  });
});

test("a number is 12 to 19 digits, spaces allowed, with a right check digit", () => {
  for (const number of ["4242424242424242", "4242 4242 4242 4242", "378282246310005", "500000000009"]) {
    expect([number, findNumberProblem(number)]).toEqual([number, null]);
  }
  for (const number of [
    "4242424242424241",
    "",
    "4242-4242-4242-4242",
    "42424242424",
    "42424242424242424242",
    "424242424242424x",
  ]) {
    expect(findNumberProblem(number)).not.toBe(null);
  }
});

test("a card is good until the end of its month", () => {
  const problems = (expiryMonth: number, expiryYear: number) =>
    findCardProblems({ ...CARD, expiryMonth, expiryYear }, NOW);
  expect(problems(11, 2026)).toEqual([]);
  expect(problems(11, 26)).toEqual([]);
  expect(problems(10, 2026)).toEqual([{ member: "expiryMonth", message: "is in the past" }]);
  expect(problems(12, 2025)).toEqual([{ member: "expiryYear", message: "is in the past" }]);
  expect(problems(12, 2090)).toEqual([{ member: "expiryYear", message: "is too far away" }]);
});

test("a security code of three or four digits is taken for every brand: its issuer knows how long it is", () => {
  for (const cvc of ["123", "1234"]) {
    expect(findCardProblems({ ...CARD, number: "378282246310005", cvc }, NOW)).toEqual([]);
    expect(findCardProblems({ ...CARD, cvc }, NOW)).toEqual([]);
  }
});

test("the default test card is good for a year or more", () => {
  const card = defaultTestCard(NOW);
  expect(findNumberProblem(card.number)).toBe(null);
  expect(findCardProblems(card, NOW)).toEqual([]);
  expect(findCardProblems(card, Date.UTC(2027, 10, 22))).toEqual([]);
});
