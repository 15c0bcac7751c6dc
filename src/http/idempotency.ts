/** `Idempotency-Key`: what it names, and how a request is compared with the one that used it first. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { IdempotencyClaim } from "../durable/shard-api.ts";
import { keyedHash } from "../vault/keys.ts";
import type { AppEnv } from "./env.ts";
import { reject } from "./errors.ts";
import { rejectParameter } from "./issues.ts";

const HEADER = "Idempotency-Key";
const FORM = /^[\x20-\x7e]{1,255}$/;

/** Reads the header; null where none was sent. A key that is none is refused before anything else happens. */
export const takeIdempotencyKey = createMiddleware<AppEnv>(async (c, next) => {
  const key = c.req.header(HEADER);
  if (key !== undefined && !FORM.test(key))
    return reject(c, rejectParameter(HEADER, "must be 1 to 255 printable ASCII characters"));
  c.set("idempotencyKey", key ?? null);
  return next();
});

/**
 * The claim of a key on a request. Both hashes are keyed: a body may hold a card number, whose plain digest could be
 * guessed. The body counts as it was sent, before any default, so that a default may change without breaking a retry.
 */
export function makeClaim(c: Context<AppEnv>): IdempotencyClaim | null {
  // Absent where the route takes none: a PATCH says the same however often it is sent.
  const key = c.get("idempotencyKey") ?? null;
  if (key === null) return null;
  const { method, path } = c.req;
  const hash = (text: string) => keyedHash(c.env.MASTER_KEY, "idempotency", text).toString("hex");
  return {
    name: hash(`name/v1\n${path}\n${key}`),
    fingerprint: hash(`body/v1\n${method}\n${path}\n${canonicalJson(c.get("body"))}`),
  };
}
