import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { findKey, noteKeyUse } from "../../projection/keys.ts";
import { areEqualDigests, digestKey, type ParsedKey, parseKey } from "../api-key.ts";
import type { AppEnv, Caller } from "../env.ts";
import { plainRejection, reject, Unavailable } from "../errors.ts";
import { type KnownKey, keyCache } from "../key-cache.ts";
import { RateShield } from "../rate-shield.ts";
import type { Scope } from "../scopes.ts";
import { measure } from "./observe.ts";

const LAST_USED_INTERVAL_MS = 5 * 60_000;

const shield = new RateShield();

/** Only callers with a valid secret key that has the scope pass. Every refusal of a key is one and the same 401. */
export function requireKey(scope: Scope) {
  return admit(scope, { isPublic: false });
}

/**
 * A publishable key passes, too: for the few routes that a browser may call. Where they are about one payment, it has
 * to prove that payment's client secret next: `publishable.ts`.
 */
export function requirePublicOrSecretKey(scope: Scope) {
  return admit(scope, { isPublic: true });
}

function admit(scope: Scope, { isPublic }: { isPublic: boolean }) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const known = await measure(c, "auth", () => identify(c));
    if (known === null) return reject(c, plainRejection("unauthorized"));
    const { caller } = known;
    c.set("caller", caller);
    if (!shield.admit(caller.keyId, Date.now())) return reject(c, plainRejection("rate_limited"));
    if (caller.keyType !== "secret" && !isPublic)
      return reject(c, { code: "scope_missing", message: "This needs a secret key." });
    if (caller.scopes !== null && !caller.scopes.includes(scope)) {
      return reject(c, { code: "scope_missing", message: `This needs a key with the scope ${scope}.` });
    }
    noteUse(c, known);
    return next();
  });
}

/** The operator's own token, for what stands above all merchants. */
export const requireAdmin = createMiddleware<AppEnv>(async (c, next) => {
  const token = readBearer(c.req.header("authorization"));
  const expected = digestKey(c.env.MASTER_KEY, c.env.ADMIN_TOKEN);
  if (token === null || !areEqualDigests(digestKey(c.env.MASTER_KEY, token), expected)) {
    return reject(c, plainRejection("unauthorized"));
  }
  return next();
});

async function identify(c: Context<AppEnv>): Promise<KnownKey | null> {
  const text = readCredential(c.req.header("authorization"));
  const parsed = text === null ? null : parseKey(text);
  if (text === null || parsed === null) return null;
  const digest = digestKey(c.env.MASTER_KEY, text);
  const now = Date.now();
  let known = keyCache.get(digest, now);
  if (known === undefined) {
    known = await lookUp(c.env.DB, parsed, digest, now);
    keyCache.set(digest, known, now);
  }
  return known === null || (known.expiresAt !== null && known.expiresAt <= now) ? null : known;
}

async function lookUp(db: D1Database, parsed: ParsedKey, digest: string, now: number): Promise<KnownKey | null> {
  const found = await findKey(db, parsed.id).catch((cause: unknown) => {
    throw new Unavailable("keys cannot be read", { cause });
  });
  if (found === null || !areEqualDigests(found.key.digest, digest)) return null;
  const { key, merchant } = found;
  if (key.revokedAt !== null && key.revokedAt <= now) return null;
  const caller: Caller = {
    keyId: key.id,
    keyType: key.type,
    merchantId: merchant.id,
    merchantNumber: merchant.number,
    mode: key.mode,
    scopes: key.scopes as Scope[] | null,
    rawCards: merchant.rawCards,
    shards: merchant.shards,
  };
  return { caller, expiresAt: key.expiresAt, lastUsed: key.lastUsed };
}

function noteUse(c: Context<AppEnv>, known: KnownKey): void {
  const now = Date.now();
  if (known.lastUsed !== null && now - known.lastUsed < LAST_USED_INTERVAL_MS) return;
  known.lastUsed = now;
  // Not worth an error to anybody: the next use, in a few minutes, writes it again.
  c.executionCtx.waitUntil(noteKeyUse(c.env.DB, known.caller.keyId, now, LAST_USED_INTERVAL_MS).catch(() => undefined));
}

/** A key as a bearer token, or as the user name of Basic authentication with an empty password. */
function readCredential(header: string | undefined): string | null {
  const basic = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(header ?? "")?.[1];
  if (basic === undefined) return readBearer(header);
  const pair = Buffer.from(basic, "base64").toString("latin1");
  return pair.endsWith(":") ? pair.slice(0, -1) : null;
}

function readBearer(header: string | undefined): string | null {
  return /^bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? null;
}
