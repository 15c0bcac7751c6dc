/** Keys as answers show them, and as they are made. */
import type { Mode } from "../domain/mode.ts";
import { type KeyRow, insertKey } from "../projection/keys.ts";
import { digestKey, type KeyType, mintKey } from "./api-key.ts";
import type { Scope } from "./scopes.ts";

export interface KeyWish {
  merchantId: string;
  type: KeyType;
  mode: Mode;
  name: string;
  scopes: readonly Scope[] | null;
  /** ms since 1970; null: never. */
  expiresAt: number | null;
}

/** A new key: the text to show once, its row, and the statement that stores it. */
export function makeKey(
  env: Env,
  wish: KeyWish,
  now: number,
): { key: string; row: KeyRow; statement: ReturnType<typeof insertKey> } {
  const { id, key } = mintKey(wish.type, wish.mode);
  const row: KeyRow = {
    ...wish,
    id,
    scopes: wish.scopes === null ? null : [...wish.scopes],
    digest: digestKey(env.MASTER_KEY, key),
    created: now,
    revokedAt: null,
    lastUsed: null,
  };
  return { key, row, statement: insertKey(env.DB, row) };
}

/** Never the key, nor its digest. */
export function showKey(row: KeyRow) {
  return {
    id: row.id,
    type: row.type,
    mode: row.mode,
    name: row.name,
    scopes: row.scopes,
    created: isoTime(row.created),
    expiresAt: row.expiresAt === null ? null : isoTime(row.expiresAt),
    lastUsed: row.lastUsed === null ? null : isoTime(row.lastUsed),
  };
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
