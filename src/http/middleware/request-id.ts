import { createMiddleware } from "hono/factory";
import { plainId } from "../../domain/ids.ts";
import type { AppEnv } from "../env.ts";

/** Ours, never the caller's: it stands in answers, error bodies and logs. */
export const giveRequestId = createMiddleware<AppEnv>(async (c, next) => {
  const id = plainId("req", crypto.getRandomValues(new Uint8Array(15)));
  c.set("requestId", id);
  await next();
  c.res.headers.set("request-id", id);
});
