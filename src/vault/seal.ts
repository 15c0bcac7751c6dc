/** AES-256-GCM under a key derived from the master key. The envelope is `v1.` and base64 of nonce and ciphertext. */
import { deriveKey } from "./keys.ts";

const imported = new Map<string, Promise<CryptoKey>>();

function sealingKey(masterKey: string): Promise<CryptoKey> {
  let key = imported.get(masterKey);
  if (key === undefined) {
    key = crypto.subtle.importKey("raw", deriveKey(masterKey, "seal/v1"), "AES-GCM", false, ["encrypt", "decrypt"]);
    imported.set(masterKey, key);
  }
  return key;
}

/** `context` (an owner, an id) is authenticated, not stored: an envelope moved elsewhere does not open. */
export async function seal(masterKey: string, plaintext: string, context: string): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(context) };
  const sealed = await crypto.subtle.encrypt(
    algorithm,
    await sealingKey(masterKey),
    new TextEncoder().encode(plaintext),
  );
  return `v1.${Buffer.concat([nonce, new Uint8Array(sealed)]).toString("base64")}`;
}

/** Throws where the envelope was changed, moved to another context or sealed under another master key. */
export async function unseal(masterKey: string, envelope: string, context: string): Promise<string> {
  if (!envelope.startsWith("v1.")) throw new Error("unknown envelope version");
  const bytes = Buffer.from(envelope.slice(3), "base64");
  const algorithm = { name: "AES-GCM", iv: bytes.subarray(0, 12), additionalData: new TextEncoder().encode(context) };
  const opened = await crypto.subtle.decrypt(algorithm, await sealingKey(masterKey), bytes.subarray(12));
  return new TextDecoder().decode(opened);
}
