import type { ActiveEndpoint } from "../projection/webhook-endpoints.ts";
import { isWanted } from "../webhooks/event-types.ts";
import type { OutboxRow } from "./outbox-rows.ts";
import type { IncomingEvent } from "./webhook-endpoint-api.ts";

/** A mailbox that hangs counts as one that is down; what it may have taken it knows when it comes again. */
const TIMEOUT_MS = 30_000;

/**
 * Hands a batch to an endpoint's mailbox. What its filter leaves out goes as a mark without a text, so that the
 * mailbox can tell an event that is missing from one that was never meant for it.
 */
export async function sendToEndpoint(env: Env, endpoint: ActiveEndpoint, rows: readonly OutboxRow[]): Promise<void> {
  const events: IncomingEvent[] = rows.flatMap(({ paymentId, sequence, type, created, body }) => {
    if (body === null || created < endpoint.activeSince) return [];
    return [{ paymentId, sequence, type, body: isWanted(endpoint.events, type) ? body : null }];
  });
  if (events.length === 0) return;
  const timer = new AbortController();
  const hangs = scheduler.wait(TIMEOUT_MS, { signal: timer.signal }).then(() => {
    throw new Error("the mailbox does not answer");
  });
  try {
    await Promise.race([env.WEBHOOK_ENDPOINT.getByName(endpoint.id).accept(endpoint.id, events), hangs]);
  } finally {
    hangs.catch(() => undefined);
    timer.abort();
  }
}
