import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { shardOfPayment } from "../../domain/ids.ts";
import type { AppEnv } from "../env.ts";
import { reject, Unavailable } from "../errors.ts";
import { rejectParameter } from "../issues.ts";
import { requirePublicOrSecretKey } from "../middleware/authenticate.ts";
import { allowCrossOrigin } from "../middleware/cors.ts";
import { requirePaymentId } from "../middleware/path-id.ts";
import { proveByQuery } from "../middleware/publishable.ts";
import { validateQuery } from "../middleware/validate.ts";
import { toPublicEvents } from "../public-events.ts";
import { streamQuery } from "../schemas/events.ts";
import { rejectUnknown, shardAddress } from "../shard-call.ts";

const SEQUENCE = /^\d{1,5}$/;

/** A browser's `EventSource` sends no headers: a publishable key, which is no secret, may stand in the query instead. */
const takeKeyFromQuery = createMiddleware<AppEnv>(async (c, next) => {
  const key = c.req.query("key");
  if (c.req.header("authorization") === undefined && key?.startsWith("pk_") === true) {
    const headers = new Headers(c.req.raw.headers);
    headers.set("authorization", `Bearer ${key}`);
    c.req.raw = new Request(c.req.raw, { headers });
  }
  return next();
});

export const stream = new Hono<AppEnv>()
  .use("/:id/stream", allowCrossOrigin("GET"))
  .get(
    "/:id/stream",
    takeKeyFromQuery,
    requirePublicOrSecretKey("payments:read"),
    requirePaymentId,
    proveByQuery,
    validateQuery(streamQuery),
    async (c) => {
      const after = c.req.header("last-event-id") ?? c.req.valid("query").lastEventId ?? "0";
      if (!SEQUENCE.test(after)) return reject(c, rejectParameter("Last-Event-ID", "must be a sequence"));
      const events = await openStream(c, Number(after));
      if (events === null) return rejectUnknown(c);
      const isPublic = c.get("caller").keyType === "publishable";
      return c.body(isPublic ? events.pipeThrough(toPublicEvents()) : events, 200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        // Proxies of the nginx kind would gather events.
        "x-accel-buffering": "no",
      });
    },
  );

/** Behind `requirePaymentId`. */
async function openStream(c: Context<AppEnv>, after: number): Promise<ReadableStream<Uint8Array> | null> {
  const id = c.req.param("id") ?? "";
  const address = shardAddress(c.get("caller"), shardOfPayment(id));
  try {
    return await c.get("openShard")(c.env, address).stream(address, id, after);
  } catch (cause) {
    throw new Unavailable("the shard does not stream", { cause });
  }
}
