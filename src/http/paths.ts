/** How answers name a place in a request: `cartItems[0].quantity`. */
import { holdsCardNumber } from "../domain/payment/card-number.ts";

const MAX_SHOWN = 64;
const SIMPLE = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u;
const UNPRINTABLE = /\p{C}/u;

/** Names come from the merchant: one that holds a card number, is long or cannot be printed, is masked. */
export function writePath(segments: readonly PropertyKey[]): string {
  let path = "";
  for (const segment of segments) {
    if (typeof segment === "number") {
      path += `[${segment}]`;
      continue;
    }
    const name = String(segment);
    if (name.length > MAX_SHOWN || UNPRINTABLE.test(name) || holdsCardNumber(name))
      path += path === "" ? "[masked]" : ".[masked]";
    else if (SIMPLE.test(name)) path += path === "" ? name : `.${name}`;
    else path += `[${JSON.stringify(name)}]`;
  }
  return path;
}
