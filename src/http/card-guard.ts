/** A card's number has one place in a request. Anywhere else it is refused, so that none can reach a database row. */
import { holdsCardNumber, looksLikeCardNumber } from "../domain/payment/card-number.ts";
import type { Issue } from "../domain/rejection.ts";
import { writePath } from "./paths.ts";

const MESSAGE = "holds what looks like a card number; cards belong under `paymentMethod` only";

/** The members of a body under which cards are at home, and one that is sealed whatever it holds. */
const EXEMPT = new Set(["paymentMethod", "card", "credentials"]);

/** Every place of a parsed body, outside of where cards belong, that holds a card number. Names places, never values. */
export function findStrayCards(body: unknown): Issue[] {
  const issues: Issue[] = [];
  if (typeof body !== "object" || body === null) return issues;
  for (const [name, value] of Object.entries(body)) {
    if (EXEMPT.has(name)) continue;
    // In metadata any Luhn-valid run counts; elsewhere other long numbers are at home.
    visit(value, [name], name === "metadata" ? holdsCardNumber : looksLikeCardNumber, issues);
  }
  return issues;
}

function visit(value: unknown, path: (string | number)[], holdsCard: (text: string) => boolean, issues: Issue[]): void {
  if (typeof value === "string" || typeof value === "number") {
    if (holdsCard(String(value))) issues.push({ path: writePath(path), code: "card_number", message: MESSAGE });
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => visit(item, [...path, index], holdsCard, issues));
  } else if (typeof value === "object" && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (holdsCard(name)) issues.push({ path: writePath([...path, name]), code: "card_number", message: MESSAGE });
      visit(member, [...path, name], holdsCard, issues);
    }
  }
}
