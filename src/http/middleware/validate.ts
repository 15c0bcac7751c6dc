import { zValidator } from "@hono/zod-validator";
import type { Context } from "hono";
import type * as z from "zod";
import type { Issue } from "../../domain/rejection.ts";
import { findStrayCards } from "../card-guard.ts";
import type { AppEnv } from "../env.ts";
import { reject } from "../errors.ts";
import { rejectIssues, toIssues } from "../issues.ts";

/** A rule that needs more than the schema sees: the caller, say. Judges the raw members, which may be of any shape. */
export type BodyRule = (body: Readonly<Record<string, unknown>>, c: Context<AppEnv>) => Issue[];

/** Our schemas never wait, and the asynchronous path costs more than the check itself. The input tells absent from wrong. */
const PARSE = {
  validationFunction: (schema: z.ZodType, value: unknown) => schema.safeParse(value, { reportInput: true }),
};

/** Behind `readJson`. The schema's problems, the strict reading's and the rules' are one answer. */
export function validateJson<T extends z.ZodType>(schema: T, ...rules: readonly BodyRule[]) {
  return zValidator(
    "json",
    schema,
    (result, context) => {
      const c = context as unknown as Context<AppEnv>;
      const body = c.get("body");
      const bodyIssues = c.get("bodyIssues");
      const found = result.success ? [] : toIssues(result.error.issues);
      const broken = isObject(body) ? rules.flatMap((rule) => rule(body, c)) : [];
      const issues = [...bodyIssues, ...found, ...findStrayCards(body), ...broken];
      return issues.length === 0 ? undefined : reject(c, rejectIssues(issues));
    },
    PARSE as never,
  );
}

export function validateQuery<T extends z.ZodType>(schema: T) {
  return zValidator(
    "query",
    schema,
    (result, context) =>
      result.success
        ? undefined
        : reject(context as unknown as Context<AppEnv>, rejectIssues(toIssues(result.error.issues))),
    PARSE as never,
  );
}

function isObject(body: unknown): body is Record<string, unknown> {
  return typeof body === "object" && body !== null && !Array.isArray(body);
}
