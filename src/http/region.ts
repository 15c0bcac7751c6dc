import type { Context } from "hono";
import type { AppEnv } from "./env.ts";

/** The continent that the request came in on, as the platform says; nothing where it does not. */
export function regionOf(c: Context<AppEnv>): { region?: string } {
  const cf = c.req.raw.cf as { continent?: unknown } | undefined;
  return typeof cf?.continent === "string" && cf.continent !== "" ? { region: cf.continent.toLowerCase() } : {};
}
