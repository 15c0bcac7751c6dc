/** Keys of one purpose each, derived from the operator's master key. `node:crypto`, because it is synchronous. */
import { createHmac, hkdfSync } from "node:crypto";
import { readKeyRing } from "./master-key.ts";

/** Each purpose its own key, so that a value made for one can never pass for another. */
export type KeyPurpose =
  | "api-key-digest"
  | "card-fingerprint"
  | "client-secret"
  | "customer-id"
  | "idempotency"
  | "return-state"
  | "saved-method";

const derived = new Map<string, Buffer>();

/** 32 bytes by HKDF-SHA-256, the same through all rotations of the master key. */
export function deriveKey(masterKey: string, purpose: KeyPurpose): Buffer {
  const name = `${purpose}\n${masterKey}`;
  const known = derived.get(name);
  if (known !== undefined) return known;
  const key = Buffer.from(hkdfSync("sha256", readKeyRing(masterKey).root, "switchyard", purpose, 32));
  derived.set(name, key);
  return key;
}

/** HMAC-SHA-256 of `text`: for names and digests of things that must not be guessed from what is stored. */
export function keyedHash(masterKey: string, purpose: KeyPurpose, text: string): Buffer {
  return createHmac("sha256", deriveKey(masterKey, purpose)).update(text).digest();
}
