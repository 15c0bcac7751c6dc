import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";

/** A browser may keep the answer to a preflight for a day, and Chromium for two hours. */
const MAX_AGE_SECONDS = 86_400;

/**
 * Lets pages of any origin call this one route, with this one method: those that a publishable key may use. No cookies
 * are involved, so any origin is no risk: what counts is the key and the client secret. Use it before all else on the
 * route's own path, so that refusals can be read, too. It answers the preflight.
 */
export function allowCrossOrigin(method: "GET" | "POST") {
  return createMiddleware<AppEnv>(async (c, next) => {
    const isPreflight = c.req.method === "OPTIONS";
    if (!isPreflight && c.req.method !== method) return next();
    if (isPreflight) {
      c.res = new Response(null, { status: 204 });
      c.res.headers.set("access-control-allow-methods", method);
      c.res.headers.set("access-control-allow-headers", "authorization, content-type, idempotency-key, last-event-id");
      c.res.headers.set("access-control-max-age", String(MAX_AGE_SECONDS));
    } else await next();
    c.res.headers.set("access-control-allow-origin", "*");
    c.res.headers.set("access-control-expose-headers", "request-id, retry-after, idempotent-replayed");
    c.res.headers.set("cross-origin-resource-policy", "cross-origin");
    return c.res;
  });
}
