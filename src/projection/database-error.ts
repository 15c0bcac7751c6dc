import { DrizzleQueryError } from "drizzle-orm";

/** A batch that D1 did not carry out, none of it. */
export class BatchError extends Error {
  override readonly name = "BatchError";
}

/** What D1 did not carry out. A query's message and stack name its parameters: log only its cause. */
export function isDatabaseError(error: unknown): boolean {
  return error instanceof DrizzleQueryError || error instanceof BatchError;
}

/** Whether a write failed because its index holds such a row already. `column` as in `connector_accounts.label`. */
export function isUniqueViolation(error: unknown, column: string): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message.includes("UNIQUE constraint failed") && cause.message.includes(column)) return true;
  }
  return false;
}
