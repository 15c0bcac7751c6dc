import { Hono } from "hono";
import { expireKey, listKeys, readKey, revokeKey } from "../../projection/keys.ts";
import { answerOnce } from "../answer-once.ts";
import type { AppEnv, Caller } from "../env.ts";
import { reject } from "../errors.ts";
import { takeIdempotencyKey } from "../idempotency.ts";
import { rejectParameter } from "../issues.ts";
import { keyCache } from "../key-cache.ts";
import { makeKey, showKey } from "../keys.ts";
import { readCursor, writeList } from "../list.ts";
import { requireKey } from "../middleware/authenticate.ts";
import { requirePlainId } from "../middleware/path-id.ts";
import { readJson } from "../middleware/read-json.ts";
import { validateJson, validateQuery } from "../middleware/validate.ts";
import { pageQuery } from "../schemas/common.ts";
import { createKey, rotateKey } from "../schemas/keys.ts";
import type { Scope } from "../scopes.ts";
import { rejectUnknown } from "../shard-call.ts";

const HOUR_MS = 3_600_000;
const managesKeys = requireKey("keys:write");
const requireKeyId = requirePlainId("key");

export const keys = new Hono<AppEnv>()
  .get("/", managesKeys, validateQuery(pageQuery), async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const after = readCursor(cursor);
    if (after === undefined) return reject(c, rejectParameter("cursor", "is not a cursor of this list"));
    const rows = await listKeys(c.env.DB, c.get("caller"), limit, after);
    return c.json(writeList(rows, limit, showKey));
  })
  .post("/", managesKeys, takeIdempotencyKey, readJson, validateJson(createKey), (c) => {
    const { type, mode, name, scopes = null, expiresAt = null } = c.req.valid("json");
    const caller = c.get("caller");
    const now = Date.now();
    const refusal = findExcess(caller, mode, scopes);
    if (refusal !== null) return reject(c, { code: "scope_missing", message: refusal });
    if (expiresAt !== null && expiresAt <= now) return reject(c, rejectParameter("expiresAt", "is in the past"));
    return answerOnce(c, scopeOf(caller), async () => {
      const made = makeKey(c.env, { merchantId: caller.merchantId, type, mode, name, scopes, expiresAt }, now);
      return { status: 201, answer: { ...showKey(made.row), key: made.key }, statements: [made.statement] };
    });
  })
  .delete("/:id", managesKeys, requireKeyId, async (c) => {
    const id = c.req.param("id");
    const isRevoked = await revokeKey(c.env.DB, c.get("caller"), id, Date.now());
    if (!isRevoked) return rejectUnknown(c);
    keyCache.drop(id);
    return c.json({ id, deleted: true });
  })
  .post("/:id/rotate", managesKeys, requireKeyId, takeIdempotencyKey, readJson, validateJson(rotateKey), async (c) => {
    const caller = c.get("caller");
    const old = await readKey(c.env.DB, caller, c.req.param("id"));
    if (old === null) return rejectUnknown(c);
    const refusal = findExcess(caller, old.mode, old.scopes as Scope[] | null);
    if (refusal !== null) return reject(c, { code: "scope_missing", message: refusal });
    const now = Date.now();
    const endsAt = now + c.req.valid("json").overlapHours * HOUR_MS;
    const response = await answerOnce(c, scopeOf(caller), async () => {
      const wish = {
        merchantId: caller.merchantId,
        type: old.type,
        mode: old.mode,
        name: old.name,
        expiresAt: old.expiresAt,
      };
      const made = makeKey(c.env, { ...wish, scopes: old.scopes as Scope[] | null }, now);
      return {
        status: 201,
        answer: { ...showKey(made.row), key: made.key },
        statements: [made.statement, expireKey(c.env.DB, caller, old.id, endsAt)],
      };
    });
    keyCache.drop(old.id);
    return response;
  });

/** A key makes no key that could do more than itself: not of another mode, not with more scopes. */
function findExcess(caller: Caller, mode: string, scopes: readonly Scope[] | null): string | null {
  if (mode !== caller.mode) return "A key of one mode cannot make a key of the other.";
  const { scopes: own } = caller;
  if (own === null || scopes?.every((scope) => own.includes(scope)) === true) return null;
  return "A key cannot give scopes that it lacks.";
}

function scopeOf({ merchantId, mode }: Caller): string {
  return `${merchantId}\n${mode}`;
}
