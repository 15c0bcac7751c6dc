/** The one writer of error bodies. */
import type { Context } from "hono";
import type { Rejection, RejectionCode } from "../domain/rejection.ts";
import type { AppEnv } from "./env.ts";
import { ERRORS } from "./error-catalogue.ts";

/** Thrown where a part that we need does not answer: becomes 503 `unavailable`. `cause` goes to the log only. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}

const DEFAULT_RETRY_SECONDS = 1;

/** Writes a rejection as the error envelope, with its status and headers. */
export function reject(c: Context<AppEnv>, rejection: Rejection): Response {
  const { status, type, message } = ERRORS[rejection.code];
  if (rejection.retryAfterSeconds !== undefined)
    c.header("retry-after", String(Math.max(1, Math.ceil(rejection.retryAfterSeconds))));
  else if (status === 503 || status === 429 || rejection.code === "operation_in_progress") {
    c.header("retry-after", String(DEFAULT_RETRY_SECONDS));
  }
  const error = {
    type,
    code: rejection.code,
    // Inner texts never leave with a 5xx, whoever wrote them.
    message: status >= 500 ? message : rejection.message || message,
    param: rejection.param,
    issues: rejection.issues,
    status: rejection.status,
    allowed: rejection.allowed,
    requestId: c.get("requestId"),
  };
  return c.json({ error }, status);
}

/** A rejection with the catalogue's own sentence. */
export function plainRejection(code: RejectionCode): Rejection {
  return { code, message: ERRORS[code].message };
}
