import { plainId } from "../domain/ids.ts";
import type { Owner } from "../domain/payment/details.ts";
import { keyedHash } from "./keys.ts";

/** The same email is the same customer within a merchant and mode; from the id alone the email cannot be guessed. */
export function customerIdOf(masterKey: string, owner: Owner, email: string): string {
  const person = `${owner.merchantId}\n${owner.mode}\n${email.trim().toLowerCase()}`;
  return plainId("cus", keyedHash(masterKey, "customer-id", person));
}
