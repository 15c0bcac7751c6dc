/** First answers of POSTs that touch D1 only, by idempotency key. */
import { eq } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { drizzle } from "drizzle-orm/d1";
import { BatchError } from "./database-error.ts";
import { idempotencyKeys } from "./tables.ts";

export type FirstAnswer = typeof idempotencyKeys.$inferSelect;
export type Statement = BatchItem<"sqlite">;
export type Statements = readonly Statement[];

/** Null where the key is new. `name`: keyed hash of merchant, mode, path and key. */
export async function findFirstAnswer(db: D1Database, name: string): Promise<FirstAnswer | null> {
  const rows = await drizzle(db).select().from(idempotencyKeys).where(eq(idempotencyKeys.name, name)).limit(1);
  return rows[0] ?? null;
}

/** Creates a thing together with its first answer, where one is kept: all or nothing. */
export async function commitFirst(db: D1Database, answer: FirstAnswer | null, statements: Statements): Promise<void> {
  const database = drizzle(db);
  const kept = answer === null ? [] : [database.insert(idempotencyKeys).values(answer)];
  const [first, ...rest] = [...kept, ...statements];
  if (first === undefined) return;
  try {
    await database.batch([first, ...rest]);
  } catch (cause) {
    throw new BatchError("D1 refused the batch", { cause });
  }
}
