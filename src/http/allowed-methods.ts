import type { Hono } from "hono";
import type { AppEnv } from "./env.ts";

interface RoutePattern {
  method: string;
  pattern: RegExp;
}

const ANY = "ALL";

/** The methods that the app's own routes give a path; empty where no route has it. */
export function findAllowedMethods(app: Hono<AppEnv>): (path: string) => string[] {
  let patterns: RoutePattern[] | null = null;
  return (path) => {
    // Built on first use: every route is registered by then.
    patterns ??= app.routes
      .filter(({ method }) => method !== ANY)
      .map(({ method, path: route }) => ({ method, pattern: toPattern(route) }));
    const methods = new Set(patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method));
    if (methods.has("GET")) methods.add("HEAD");
    return [...methods].sort();
  };
}

function toPattern(route: string): RegExp {
  const source = route
    .split("/")
    .map((segment) => (segment.startsWith(":") ? "[^/]+" : segment.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")))
    .join("/");
  return new RegExp(`^${source}$`);
}
