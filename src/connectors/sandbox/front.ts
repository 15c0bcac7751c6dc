/** What the sandbox shows to people: its books to the merchant, its bank's page to the shopper. */
import type { ChallengeView } from "./books.ts";
import { parseChallengeId } from "./challenge-id.ts";
import type { LedgerPage } from "./ledger.ts";

type Binding = Pick<Env, "SANDBOX_PROCESSOR">;

export interface LedgerQuery {
  merchantId: string;
  paymentId: string;
  limit: number;
  cursor: string | null;
}

/** What was executed and held, took or gave back money. Null where the cursor is not one of ours. */
export async function readSandboxLedger(env: Binding, query: LedgerQuery): Promise<LedgerPage | null> {
  const { merchantId, paymentId, limit, cursor } = query;
  return env.SANDBOX_PROCESSOR.getByName(merchantId).readLedger(paymentId, limit, cursor);
}

/** Null: there is no such challenge. */
export async function readChallenge(env: Binding, id: string): Promise<ChallengeView | null> {
  const found = locate(env, id);
  return found === null ? null : found.processor.readChallenge(found.token);
}

/** Where the shopper goes next, whatever was decided before; null: there is no such challenge. */
export async function decideChallenge(env: Binding, id: string, approves: boolean): Promise<string | null> {
  const found = locate(env, id);
  return found === null ? null : found.processor.decideChallenge(found.token, approves);
}

function locate(env: Binding, id: string) {
  const parsed = parseChallengeId(id);
  if (parsed === null) return null;
  try {
    // Refuses an id that the platform has not made for this class, so nothing is woken by a guess.
    const objectId = env.SANDBOX_PROCESSOR.idFromString(parsed.objectId);
    return { processor: env.SANDBOX_PROCESSOR.get(objectId), token: parsed.token };
  } catch {
    return null;
  }
}
