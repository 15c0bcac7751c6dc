/** What this isolate remembers about keys, so that D1 is not asked for each request and a stall of D1 stops no payment. */
import type { Caller } from "./env.ts";

/** The longest that a revoked key can live on elsewhere. */
const POSITIVE_MS = 30_000;
/** Short: a key that was just made must work soon; long enough to blunt a client that hammers with a wrong one. */
const NEGATIVE_MS = 5_000;
const MAX_ENTRIES = 10_000;

export interface KnownKey {
  caller: Caller;
  /** ms since 1970; null: never. */
  expiresAt: number | null;
  /** As last seen in D1 or written by us; ms since 1970. */
  lastUsed: number | null;
}

export class KeyCache {
  /** By the key's digest: the key itself is kept nowhere. */
  readonly #entries = new Map<string, { key: KnownKey | null; until: number }>();

  /** Undefined: not known here, ask D1. Null: known to be no key. */
  get(digest: string, now: number): KnownKey | null | undefined {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    if (entry.until > now) return entry.key;
    this.#entries.delete(digest);
    return undefined;
  }

  set(digest: string, key: KnownKey | null, now: number): void {
    const oldest = this.#entries.keys().next();
    if (this.#entries.size >= MAX_ENTRIES && oldest.done === false) this.#entries.delete(oldest.value);
    this.#entries.set(digest, { key, until: now + (key === null ? NEGATIVE_MS : POSITIVE_MS) });
  }

  /** After a change to a key: at once on this machine. */
  drop(keyId: string): void {
    for (const [digest, { key }] of this.#entries) if (key?.caller.keyId === keyId) this.#entries.delete(digest);
  }
}

/** One an isolate. */
export const keyCache = new KeyCache();
