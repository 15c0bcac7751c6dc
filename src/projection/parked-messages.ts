/** Processors' verified messages about payments that we do not have: kept, tried again, given up where anybody can see it. */
import { and, asc, count, eq, isNull, lte } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../domain/mode.ts";
import type { ProcessorMessage } from "../durable/shard-api.ts";
import { parkedMessages } from "./tables.ts";

/** Of one account: a processor account that serves other systems, too, must not fill our database. */
const MAX_PARKED = 1_000;
const MAX_PER_RUN = 50;
/** 1, 2, 4, … minutes, at most six hours. */
const FIRST_DELAY_MS = 60_000;
const MAX_DELAY_MS = 6 * 3_600_000;
export const GIVE_UP_PARKED_MS = 7 * 24 * 3_600_000;

/** A null payment: the message names none that could be ours. */
export type ParkedMessage = Omit<ProcessorMessage, "paymentId"> & { paymentId: string | null };

export interface ParkedFor {
  merchantId: string;
  merchantNumber: number;
  mode: Mode;
  shards: number;
}

export type ParkedRow = typeof parkedMessages.$inferSelect;

/** A repeat of what is parked already changes nothing. False where the account has too many: the processor sends it again. */
export async function parkMessage(
  db: D1Database,
  owner: ParkedFor,
  message: ParkedMessage,
  now: number,
): Promise<boolean> {
  const own = and(eq(parkedMessages.accountId, message.accountId), isNull(parkedMessages.givenUp));
  const [row] = await drizzle(db).select({ parked: count() }).from(parkedMessages).where(own);
  if ((row?.parked ?? 0) >= MAX_PARKED) return false;
  const { accountId, messageId, paymentId, key, outcome } = message;
  await drizzle(db)
    .insert(parkedMessages)
    .values({
      ...owner,
      ...{ accountId, messageId, key: key ?? "", paymentId, outcome },
      ...{ received: now, tries: 0, nextTry: now + FIRST_DELAY_MS, givenUp: null },
    })
    .onConflictDoNothing();
  return true;
}

/** Oldest first, at most one run's worth. */
export function dueMessages(db: D1Database, now: number): Promise<ParkedRow[]> {
  return drizzle(db)
    .select()
    .from(parkedMessages)
    .where(and(isNull(parkedMessages.givenUp), lte(parkedMessages.nextTry, now)))
    .orderBy(asc(parkedMessages.nextTry))
    .limit(MAX_PER_RUN);
}

export async function forgetParked(db: D1Database, row: ParkedRow): Promise<void> {
  await drizzle(db).delete(parkedMessages).where(named(row));
}

/** Given up after seven days; the row stays, and a log line tells. */
export async function postponeParked(db: D1Database, row: ParkedRow, now: number): Promise<void> {
  const { accountId, messageId, paymentId, received, tries } = row;
  const isOver = now - received >= GIVE_UP_PARKED_MS;
  if (isOver)
    console.error(
      JSON.stringify({ event: "message_given_up", account: accountId, message: messageId, payment: paymentId }),
    );
  const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (tries + 1), MAX_DELAY_MS);
  await drizzle(db)
    .update(parkedMessages)
    .set({ tries: tries + 1, nextTry: now + delayMs, givenUp: isOver ? now : null })
    .where(named(row));
}

function named({ accountId, messageId, key }: ParkedRow) {
  return and(
    eq(parkedMessages.accountId, accountId),
    eq(parkedMessages.messageId, messageId),
    eq(parkedMessages.key, key),
  );
}
