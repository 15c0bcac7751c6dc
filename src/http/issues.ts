/** From a schema's findings to ours. */
import type * as z from "zod";
import type { Issue, Rejection, RejectionCode } from "../domain/rejection.ts";
import { writePath } from "./paths.ts";

const MISSING = "required";
const UNKNOWN = "unrecognized_key";

/** One issue for each problem. Expects issues that carry their input, which tells an absent member from a wrong one. */
export function toIssues(found: readonly z.core.$ZodIssue[]): Issue[] {
  return found.flatMap((issue): Issue[] => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        path: writePath([...issue.path, key]),
        code: UNKNOWN,
        message: "is not a known field",
      }));
    }
    if (issue.code === "invalid_key") {
      return issue.issues.map((inner) => ({
        path: writePath(issue.path),
        code: inner.code,
        message: `the key ${inner.message}`,
      }));
    }
    const isMissing = issue.code === "custom" ? issue.params?.["missing"] === true : issue.input === undefined;
    if (isMissing) return [{ path: writePath(issue.path), code: MISSING, message: "is required" }];
    return [{ path: writePath(issue.path), code: issue.code, message: issue.message }];
  });
}

const CODES: Record<string, RejectionCode> = { [MISSING]: "parameter_missing", [UNKNOWN]: "parameter_unknown" };

/** All problems as one answer, named after the first of them; a place that two rules complain about is listed once. */
export function rejectIssues(issues: readonly Issue[]): Rejection {
  const byPath = new Map<string, Issue>();
  for (const issue of issues) if (!byPath.has(issue.path)) byPath.set(issue.path, issue);
  const all = [...byPath.values()];
  const first = all[0] ?? { path: "", code: "custom", message: "is invalid" };
  const message = first.path === "" ? `The body: ${first.message}.` : `${first.path}: ${first.message}.`;
  return {
    code: CODES[first.code] ?? "parameter_invalid",
    message,
    ...(first.path === "" ? {} : { param: first.path }),
    issues: all,
  };
}

/** One problem with one parameter. */
export function rejectParameter(path: string, message: string): Rejection {
  return rejectIssues([{ path, code: "custom", message }]);
}
