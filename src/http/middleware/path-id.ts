import { createMiddleware } from "hono/factory";
import { isPaymentId, isPlainId, parseChildId, type PlainPrefix } from "../../domain/ids.ts";
import type { AppEnv } from "../env.ts";
import { plainRejection, reject } from "../errors.ts";

/** A malformed id is answered as an unknown one, before a body is read or an object is woken. */
function requireId(isId: (text: string) => boolean) {
  return createMiddleware<AppEnv, "/:id">(async (c, next) =>
    isId(c.req.param("id")) ? next() : reject(c, plainRejection("not_found")),
  );
}

export const requirePaymentId = requireId(isPaymentId);
export const requireRefundId = requireId((text) => parseChildId("re", text) !== null);
export const requireEventId = requireId((text) => parseChildId("evt", text) !== null);

export function requirePlainId(prefix: PlainPrefix) {
  return requireId((text) => isPlainId(prefix, text));
}
