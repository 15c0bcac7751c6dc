import { parseChildId } from "../domain/ids.ts";
import { statusOf } from "../domain/payment/status.ts";
import type { ShardContext } from "./commands.ts";
import type { ReturnedShopper } from "./shard-api.ts";
import { transition } from "./transition.ts";

/** A shopper who reloads the page is asked about, but does not make the log grow without end. */
const MAX_RETURNS = 10;

/**
 * The shopper is back from a challenge. What they bring is only a hint: the processor says what happened. So a forged
 * or repeated return changes nothing that the processor does not confirm. Null: there is no such attempt.
 */
export async function resume(
  context: ShardContext,
  attemptId: string,
  returned: Record<string, string>,
): Promise<ReturnedShopper | null> {
  const { tables, commits, driver, now } = context;
  const id = parseChildId("att", attemptId)?.paymentId ?? "";
  await commits.run(() => {
    const held = tables.log.find(id);
    const attempt = held?.state.attempts.at(-1);
    if (held === null || attempt?.id !== attemptId || held.state.owed !== null) return;
    if (attempt.status !== "authentication_pending" || attempt.returns >= MAX_RETURNS) return;
    tables.log.keep(transition(tables, { id, held }, [{ kind: "authenticationStarted", attemptId, returned }], now()));
    driver.begin(id);
  });
  await driver.live(id);
  const state = tables.log.find(id)?.state;
  if (state === undefined || !state.attempts.some((attempt) => attempt.id === attemptId)) return null;
  return { paymentId: id, status: statusOf(state), returnUrl: state.details.returnUrl ?? null };
}
