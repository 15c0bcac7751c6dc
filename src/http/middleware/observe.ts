import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { isDatabaseError } from "../../projection/database-error.ts";
import type { AppEnv } from "../env.ts";

/** One line a request, and the same milliseconds to the caller. Names and numbers only: no body, key, query or address. */
export const observe = createMiddleware<AppEnv>(async (c, next) => {
  const started = performance.now();
  c.set("stages", new Map());
  await next();
  const stages = c.get("stages").set("total", performance.now() - started);
  c.res.headers.set("server-timing", [...stages].map(([name, ms]) => `${name};dur=${ms.toFixed(2)}`).join(", "));
  const caller = c.get("caller") as AppEnv["Variables"]["caller"] | undefined;
  console.log(
    JSON.stringify({
      event: "request",
      requestId: c.get("requestId"),
      merchant: caller?.merchantId ?? null,
      mode: caller?.mode ?? null,
      method: c.req.method,
      route: matchedRoute(c),
      status: c.res.status,
      ms: Object.fromEntries([...stages].map(([name, ms]) => [name, Math.round(ms * 100) / 100])),
    }),
  );
});

/** The pattern, not the path: a path may hold anything. */
function matchedRoute(c: Context<AppEnv>): string | null {
  const pattern = routePath(c, -1);
  return pattern === "/*" || pattern === "*" || pattern === "" ? null : pattern;
}

/** Adds what `work` takes to the stage's milliseconds. On the platform time stands still between I/O: CPU does not show. */
export async function measure<T>(c: Context<AppEnv>, stage: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    return await work();
  } finally {
    c.get("stages").set(stage, (c.get("stages").get(stage) ?? 0) + performance.now() - started);
  }
}

/** Innermost last. A failed query would quote its parameters, so of that only the causes are told. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = isDatabaseError(error) ? error.name : (error.stack ?? `${error.name}: ${error.message}`);
  return error.cause === undefined ? own : `${own}\ncaused by ${describe(error.cause)}`;
}

const LONG_NUMBER = /\d(?:[ -]?\d){11,}/g;

/** A fault of ours, for us: where it happened, with long numbers masked, since a message may quote its input. */
export function logFault(c: Context<AppEnv>, error: unknown): void {
  const text = describe(error);
  console.error(
    JSON.stringify({
      event: "fault",
      requestId: c.get("requestId"),
      route: matchedRoute(c),
      error: text.replace(LONG_NUMBER, "[number]").slice(0, 4000),
    }),
  );
}
