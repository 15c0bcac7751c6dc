/** What a publishable key may do, it may do to one payment: the one whose client secret it shows. */
import { createMiddleware } from "hono/factory";
import type { Context } from "hono";
import { isClientSecretOf } from "../../vault/client-secret.ts";
import type { AppEnv } from "../env.ts";
import { plainRejection, reject } from "../errors.ts";

const MEMBER = "clientSecret";

/**
 * Behind `requirePublicOrSecretKey` and `requirePaymentId`: a publishable key needs `?clientSecret=`, and one that is
 * given must be this payment's. With another, there is no such payment, whether there is or not.
 */
export const proveByQuery = createMiddleware<AppEnv>(async (c, next) => {
  const secret = c.req.query(MEMBER);
  return isProven(c, secret) ? next() : reject(c, refusal(secret));
});

/** The same behind `readJson`, by a member of the body, which is taken out: no schema and no claim sees it. */
export const proveByBody = createMiddleware<AppEnv>(async (c, next) => {
  const body = c.get("body");
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  const { [MEMBER]: secret, ...rest } = isObject ? (body as Record<string, unknown>) : {};
  if (!isProven(c, secret)) return reject(c, refusal(secret));
  if (secret === undefined) return next();
  c.set("body", rest);
  // Where Hono's validators look: see `readJson`.
  (c.req.bodyCache as Record<string, unknown>)["text"] = Promise.resolve(JSON.stringify(rest));
  return next();
});

/** Without a client secret the request is one that only a secret key may make. */
function refusal(secret: unknown) {
  return plainRejection(secret === undefined ? "scope_missing" : "not_found");
}

function isProven(c: Context<AppEnv>, secret: unknown): boolean {
  if (secret === undefined) return c.get("caller").keyType === "secret";
  return typeof secret === "string" && isClientSecretOf(c.env.MASTER_KEY, c.req.param("id") ?? "", secret);
}
