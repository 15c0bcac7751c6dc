import { keyedHash } from "./keys.ts";

/** What lets a browser act on this one payment. Derived, so nothing stores it; 128 bits that only we can compute. */
export function clientSecretOf(masterKey: string, paymentId: string): string {
  const proof = keyedHash(masterKey, "client-secret", paymentId).toString("hex").slice(0, 32);
  return `${paymentId}_secret_${proof}`;
}
