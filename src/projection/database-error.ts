import { DrizzleQueryError } from "drizzle-orm";

/** A query that D1 did not carry out. Its message and stack name the query's parameters: log only its cause. */
export function isDatabaseError(error: unknown): boolean {
  return error instanceof DrizzleQueryError;
}

/** Whether a write failed because its index holds such a row already. `column` as in `connector_accounts.label`. */
export function isUniqueViolation(error: unknown, column: string): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message.includes("UNIQUE constraint failed") && cause.message.includes(column)) return true;
  }
  return false;
}
