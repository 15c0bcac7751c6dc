/**
 * Ids are opaque to merchants and a map to us.
 *
 * A payment's body is 26 characters of Crockford base32: two for the shard that holds it, 24 (120 bits) for
 * itself. Everything that belongs to a payment carries the payment's body and an ordinal, so an attempt, a refund
 * or an event finds its payment without a look-up table, and no id needs a random draw.
 */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const BODY = /^[0-9a-hjkmnp-tv-z]{26}$/;
const DIGITS = /^[0-9a-hjkmnp-tv-z]+$/;

export const MAX_SHARDS = 256;

export type PlainPrefix = "cus" | "pm" | "tok" | "we" | "ca" | "rt" | "mer" | "key" | "req";
export type ChildPrefix = "att" | "re" | "evt" | "dp";

/** Base32 digits of a child's ordinal. Attempts stay short: their id is the processor's key and reference. */
const ORDINAL_DIGITS: Record<ChildPrefix, number> = { att: 2, re: 2, dp: 2, evt: 3 };

/** How many children of a kind a payment can have: 1023, and 32767 events. */
export function maxChildren(prefix: ChildPrefix): number {
  return 32 ** ORDINAL_DIGITS[prefix] - 1;
}

/** Encodes whole bytes, five bits a character, most significant first; a last partial group is dropped. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = "";
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((buffer >> bits) & 31);
    }
  }
  return text;
}

function encodeOrdinal(n: number, digits: number): string {
  if (!Number.isInteger(n) || n < 0 || n >= 32 ** digits) throw new RangeError(`ordinal ${n} out of range`);
  let text = "";
  for (let rest = n; text.length < digits; rest >>= 5) text = ALPHABET.charAt(rest & 31) + text;
  return text;
}

function decodeOrdinal(text: string): number {
  let n = 0;
  for (const digit of text) n = n * 32 + ALPHABET.indexOf(digit);
  return n;
}

/** `identity` is at least 15 bytes: random, or a digest of an idempotency key. */
export function paymentId(shard: number, identity: Uint8Array): string {
  if (identity.length < 15) throw new RangeError("a payment's identity needs 120 bits");
  return `pay_${encodeOrdinal(shard, 2)}${encodeBase32(identity.subarray(0, 15))}`;
}

/** Which shard an identity of a merchant with `shards` shards belongs to. Uses bytes that the id does not show. */
export function shardOf(identity: Uint8Array, shards: number): number {
  if (identity.length < 20) throw new RangeError("choosing a shard needs 20 bytes");
  const draw = ((identity[16] ?? 0) << 16) | ((identity[17] ?? 0) << 8) | (identity[18] ?? 0);
  return draw % shards;
}

export function isPaymentId(text: string): boolean {
  return text.startsWith("pay_") && BODY.test(text.slice(4)) && shardOfPayment(text) < MAX_SHARDS;
}

export function shardOfPayment(id: string): number {
  return decodeOrdinal(id.slice(4, 6));
}

/** The nth (from 1) attempt, refund, event or dispute of a payment. */
export function childId(prefix: ChildPrefix, payment: string, n: number): string {
  return `${prefix}_${payment.slice(4)}${encodeOrdinal(n, ORDINAL_DIGITS[prefix])}`;
}

/** The payment that a child id belongs to and its ordinal; null where the id is malformed. */
export function parseChildId(prefix: ChildPrefix, text: string): { paymentId: string; ordinal: number } | null {
  const rest = text.slice(prefix.length + 1);
  if (!text.startsWith(`${prefix}_`) || rest.length !== 26 + ORDINAL_DIGITS[prefix] || !DIGITS.test(rest)) return null;
  const owner = `pay_${rest.slice(0, 26)}`;
  const ordinal = decodeOrdinal(rest.slice(26));
  return isPaymentId(owner) && ordinal > 0 ? { paymentId: owner, ordinal } : null;
}

/** An id that belongs to no payment, from at least 15 bytes of randomness or of a digest. */
export function plainId(prefix: PlainPrefix, identity: Uint8Array): string {
  if (identity.length < 15) throw new RangeError("an id needs 120 bits");
  return `${prefix}_${encodeBase32(identity.subarray(0, 15))}`;
}

const PLAIN = /^[0-9a-hjkmnp-tv-z]{24}$/;
export function isPlainId(prefix: PlainPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && PLAIN.test(text.slice(prefix.length + 1));
}
