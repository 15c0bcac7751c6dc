import { timingSafeEqual } from "node:crypto";
import { keyedHash } from "./keys.ts";

/** What lets a browser act on this one payment. Derived, so nothing stores it; 128 bits that only we can compute. */
export function clientSecretOf(masterKey: string, paymentId: string): string {
  const proof = keyedHash(masterKey, "client-secret", paymentId).toString("hex").slice(0, 32);
  return `${paymentId}_secret_${proof}`;
}

/** In constant time for texts of the right length. */
export function isClientSecretOf(masterKey: string, paymentId: string, text: string): boolean {
  const [given, expected] = [Buffer.from(text), Buffer.from(clientSecretOf(masterKey, paymentId))];
  return given.length === expected.length && timingSafeEqual(given, expected);
}
