/**
 * AES-256-GCM under the master key's newest member. The envelope is `v2.`, the key's id, a dot, and base64 of nonce
 * and ciphertext.
 */
import { readKeyRing, type SealingKey } from "./master-key.ts";

/** Named so, because this runs in Node, too, whose types call it otherwise. */
type ImportedKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const imported = new Map<string, Promise<ImportedKey>>();

function cryptoKey({ secret }: SealingKey): Promise<ImportedKey> {
  const name = secret.toString("base64");
  let key = imported.get(name);
  if (key === undefined) {
    key = crypto.subtle.importKey("raw", new Uint8Array(secret), "AES-GCM", false, ["encrypt", "decrypt"]);
    imported.set(name, key);
  }
  return key;
}

/** `context` (an owner, an id) is authenticated, not stored: an envelope moved elsewhere does not open. */
export async function seal(masterKey: string, plaintext: string, context: string): Promise<string> {
  const { newest } = readKeyRing(masterKey);
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(context) };
  const sealed = await crypto.subtle.encrypt(algorithm, await cryptoKey(newest), new TextEncoder().encode(plaintext));
  return `v2.${newest.id}.${Buffer.concat([nonce, new Uint8Array(sealed)]).toString("base64")}`;
}

/** Throws where the envelope was changed, moved to another context, or sealed under a key that is not there any more. */
export async function unseal(masterKey: string, envelope: string, context: string): Promise<string> {
  const [version, id, text = "", ...rest] = envelope.split(".");
  if (version !== "v2" || rest.length > 0) throw new Error("unknown envelope version");
  const key = readKeyRing(masterKey).keys.find((candidate) => candidate.id === id);
  if (key === undefined) throw new Error("sealed under a master key that is not in MASTER_KEY");
  const bytes = Uint8Array.from(Buffer.from(text, "base64"));
  const algorithm = { name: "AES-GCM", iv: bytes.subarray(0, 12), additionalData: new TextEncoder().encode(context) };
  const opened = await crypto.subtle.decrypt(algorithm, await cryptoKey(key), bytes.subarray(12));
  return new TextDecoder().decode(opened);
}

/** How envelopes of the newest key begin. */
export function currentPrefix(masterKey: string): string {
  return `v2.${readKeyRing(masterKey).newest.id}.`;
}

/** The same under the newest key; null where it is so already. Throws as `unseal` does. */
export async function reseal(masterKey: string, envelope: string, context: string): Promise<string | null> {
  if (envelope.startsWith(currentPrefix(masterKey))) return null;
  return seal(masterKey, await unseal(masterKey, envelope, context), context);
}
