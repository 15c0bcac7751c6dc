import { expect, test } from "vitest";
import type { Condition } from "../../../src/domain/routing/config.ts";
import { readField } from "../../../src/domain/routing/fields.ts";
import { holds } from "../../../src/domain/routing/match.ts";
import { CARD, details } from "./builders.ts";

const PAYMENT = details({
  customer: { id: "cus_1", email: "Ann@Example.com", firstName: "Ann", lastName: "Lee" },
  billing: { country: "GB" },
  cartItems: [
    { name: "book", price: 1, quantity: 1, type: "TANGIBLE" },
    { name: "e-book", price: 1, quantity: 1, type: "NON_TANGIBLE" },
  ],
  metadata: { tier: "Gold" },
});

function matches(condition: Condition): boolean {
  return holds(condition, (name) => readField(name, PAYMENT, CARD));
}

test.each([
  ["amount", "eq", 1000, true],
  ["amount", "ne", 1000, false],
  ["amount", "lt", 1000, false],
  ["amount", "lte", 1000, true],
  ["amount", "gt", 999, true],
  ["amount", "gte", 1001, false],
  ["amount", "in", [1, 1000], true],
  ["amount", "nin", [1, 1000], false],
  ["currency", "eq", "GBP", true],
  ["currency", "in", ["usd", "eur"], false],
  ["captureMethod", "eq", "AUTOMATIC", true],
  ["paymentMethod", "eq", "card", true],
  ["paymentMethodType", "eq", "credit", true],
  ["card.brand", "eq", "Visa", true],
  ["card.funding", "ne", "debit", true],
  ["card.bin", "prefix", "4242", true],
  ["card.bin", "eq", "424242", true],
  ["customer.email", "eq", "ann@example.COM", true],
  ["customer.email", "prefix", "ann@", true],
  ["billing.country", "eq", "gb", true],
  ["shipping.country", "eq", "GB", false],
  ["shipping.country", "ne", "GB", true],
  ["shipping.country", "nin", ["GB"], true],
  ["card.country", "eq", "GB", false],
  ["cart.type", "eq", "tangible", true],
  ["cart.type", "ne", "TANGIBLE", false],
  ["metadata.tier", "eq", "Gold", true],
  ["metadata.tier", "eq", "gold", false],
  ["metadata.none", "prefix", "g", false],
] as const)("%s %s %j is %s", (field, op, value, expected) => {
  expect(matches({ field, op, value })).toBe(expected);
});

test("groups nest, and an empty condition always holds", () => {
  const yes: Condition = { field: "amount", op: "eq", value: 1000 };
  const no: Condition = { not: yes };
  expect([
    matches({}),
    matches({ all: [yes, no] }),
    matches({ any: [no, yes] }),
    matches({ not: { any: [no] } }),
  ]).toEqual([true, false, true, true]);
});
