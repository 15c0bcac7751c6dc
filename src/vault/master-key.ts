/**
 * The operator's `MASTER_KEY`, read. It is one variable, so that a rotation is one switch that no part can miss:
 * keys in base64, newest first, and the root of everything derived (docs/design/keys.md):
 *
 *     <newest>[,<older>…][,root:<base64>]
 */
import { hkdfSync } from "node:crypto";

export interface SealingKey {
  /** Stands in each envelope, so that the right key opens it. Says nothing about the key. */
  id: string;
  /** 32 bytes. */
  secret: Buffer;
}

export interface KeyRing {
  /** New values are sealed with this one. */
  newest: SealingKey;
  /** All that may open, newest first. */
  keys: readonly SealingKey[];
  /** 32 bytes, the same through all rotations: digests cannot be computed again. */
  root: Buffer;
}

const MIN_BYTES = 32;
const rings = new Map<string, KeyRing>();

/** Throws where a part is no base64 of at least 32 bytes, or where several keys stand without their root. */
export function readKeyRing(masterKey: string): KeyRing {
  const known = rings.get(masterKey);
  if (known !== undefined) return known;
  const parts = masterKey.split(",").map((part) => part.trim());
  const secrets = parts.filter((part) => !part.startsWith("root:")).map(readSecret);
  const roots = parts.filter((part) => part.startsWith("root:")).map((part) => readSecret(part.slice(5)));
  const [first, ...older] = secrets;
  if (first === undefined || roots.length > 1) throw new Error("MASTER_KEY must hold a key, and at most one root");
  if (older.length > 0 && roots.length === 0) throw new Error("MASTER_KEY with several keys must name its root");
  const newest = sealingKey(first);
  const ring = { newest, keys: [newest, ...older.map(sealingKey)], root: roots[0] ?? expand(first, "derivation-root") };
  rings.set(masterKey, ring);
  return ring;
}

/** The ring with a new key in front. What was derived and sealed before stays readable. `secret`: 32 random bytes. */
export function addKey(masterKey: string, secret: Buffer): string {
  const { root } = readKeyRing(masterKey);
  const old = masterKey.split(",").filter((part) => !part.trim().startsWith("root:"));
  return [secret.toString("base64"), ...old.map((part) => part.trim()), `root:${root.toString("base64")}`].join(",");
}

/** The ring with its newest key alone: nothing may be sealed under another any more. */
export function dropOldKeys(masterKey: string): string {
  const { root } = readKeyRing(masterKey);
  const [newest = ""] = masterKey.split(",");
  return `${newest.trim()},root:${root.toString("base64")}`;
}

function readSecret(text: string): Buffer {
  const secret = Buffer.from(text, "base64");
  if (secret.length < MIN_BYTES) throw new Error("MASTER_KEY must be base64 of at least 32 bytes");
  return secret;
}

function sealingKey(secret: Buffer): SealingKey {
  return { id: expand(secret, "seal-id").toString("hex").slice(0, 8), secret: expand(secret, "seal") };
}

function expand(secret: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "switchyard", purpose, 32));
}
