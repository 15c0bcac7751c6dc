/** How answers name a place in a request: `cartItems[0].quantity`. */
import { holdsCardNumber } from "../domain/payment/card-number.ts";

const PLAIN = /^[\p{L}\p{N}_$.-]{1,64}$/u;

/** Keys come from the merchant: one that holds a card number, or cannot be printed, is masked. */
export function writePath(segments: readonly PropertyKey[]): string {
  let path = "";
  for (const segment of segments) {
    if (typeof segment === "number") {
      path += `[${segment}]`;
      continue;
    }
    const name = String(segment);
    const shown = PLAIN.test(name) && !holdsCardNumber(name) ? name : "[masked]";
    path += path === "" ? shown : `.${shown}`;
  }
  return path;
}
