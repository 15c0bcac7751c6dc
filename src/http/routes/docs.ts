import { type Context, Hono } from "hono";
import type { AppEnv } from "../env.ts";
import { rejectUnknown } from "../shard-call.ts";

/** Swagger UI sets styles on elements; nothing else that is inline, and nothing from elsewhere. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const MAX_AGE_S = 3600;

export const docs = new Hono<AppEnv>()
  .get("/openapi.json", (c) => serve(c, "/openapi.json"))
  .get("/docs", (c) => serve(c, "/docs/"))
  .get("/docs/:file", (c) => serve(c, c.req.path));

async function serve(c: Context<AppEnv>, path: string): Promise<Response> {
  const found = await c.env.ASSETS.fetch(new URL(path, c.req.url));
  if (found.status !== 200) return rejectUnknown(c);
  const type = found.headers.get("content-type") ?? "application/octet-stream";
  const headers = new Headers({ "content-type": type, "cache-control": `public, max-age=${MAX_AGE_S}` });
  if (type.startsWith("text/html")) headers.set("content-security-policy", PAGE_POLICY);
  return new Response(found.body, { headers });
}
