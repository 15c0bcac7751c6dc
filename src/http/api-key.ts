/**
 * `sk_test_<id>_<secret><checksum>`. The id finds the key's row; the secret is 33 base62 characters (196 bits); the
 * checksum lets us, and secret scanners, tell a typo from a key without asking a database.
 */
import { timingSafeEqual } from "node:crypto";
import { plainId } from "../domain/ids.ts";
import type { Mode } from "../domain/mode.ts";
import { keyedHash } from "../vault/keys.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_LENGTH = 33;
const CHECKSUM_LENGTH = 6;
const FORM = /^(sk|pk)_(test|live)_([0-9a-hjkmnp-tv-z]{24})_([0-9A-Za-z]{33})([0-9A-Za-z]{6})$/;

export type KeyType = "secret" | "publishable";

export interface ParsedKey {
  /** `key_…` */
  id: string;
  type: KeyType;
  mode: Mode;
}

/** A fresh key from the platform's secure random numbers. The key itself is to be shown once and kept nowhere. */
export function mintKey(type: KeyType, mode: Mode): { id: string; key: string } {
  const id = plainId("key", crypto.getRandomValues(new Uint8Array(15)));
  const body = `${type === "secret" ? "sk" : "pk"}_${mode}_${id.slice("key_".length)}_${randomBase62(SECRET_LENGTH)}`;
  return { id, key: body + checksum(body) };
}

/** Null where the text is no key of ours: wrong form or wrong checksum. Whether it is known and valid, D1 knows. */
export function parseKey(key: string): ParsedKey | null {
  const match = FORM.exec(key);
  if (match === null) return null;
  const [, kind, mode, id] = match;
  if (checksum(key.slice(0, -CHECKSUM_LENGTH)) !== key.slice(-CHECKSUM_LENGTH)) return null;
  return { id: `key_${id}`, type: kind === "sk" ? "secret" : "publishable", mode: mode as Mode };
}

/** What is stored instead of a key, hex. */
export function digestKey(masterKey: string, key: string): string {
  return keyedHash(masterKey, "api-key-digest", key).toString("hex");
}

/** In constant time for equal lengths, as digests are. */
export function areEqualDigests(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Uniform: bytes that would favour the first characters are drawn again. */
export function randomBase62(length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(64))) {
      if (byte < 248 && text.length < length) text += BASE62.charAt(byte % 62);
    }
  }
  return text;
}

/** Six base62 characters of the CRC-32 of what precedes them. */
export function checksum(text: string): string {
  let rest = crc32(text);
  let digits = "";
  while (digits.length < CHECKSUM_LENGTH) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit += 1) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});

/** CRC-32 as in ISO-HDLC (zip, Ethernet), of ASCII text. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i += 1) crc = (CRC_TABLE[(crc ^ text.charCodeAt(i)) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
