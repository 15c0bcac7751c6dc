import type { AddressBook } from "./address-book.ts";
import type { CommitQueue } from "./commit-queue.ts";
import { openCard } from "./secrets.ts";
import type { ShardTables } from "./transition.ts";
import { openVault } from "./vault-api.ts";

/** An answer waits for its method to be saved, but not for a vault that is away: then the alarm goes on. */
const PATIENCE_MS = 2_000;

interface SavingPorts {
  env: Env;
  address: AddressBook;
  tables: ShardTables;
  commits: CommitQueue;
}

/**
 * Puts a proven card into the vault, and destroys this shard's copy after that. May run twice, here or in another
 * instance: the id comes from the payment, and the vault keeps the first. Throws where the vault does not answer.
 */
export async function saveMethod({ env, address, tables, commits }: SavingPorts, paymentId: string): Promise<void> {
  const held = tables.log.find(paymentId);
  if (held === null) throw new Error(`${paymentId} is gone`);
  const { number, state } = held;
  const { savedMethod: id, method: view, details } = state;
  const sealed = tables.secrets.find(number);
  const { customer, setupFutureUsage: usage } = details;
  if (id !== null && view !== null && sealed !== null && customer !== undefined && usage !== undefined) {
    const card = await openCard(env.MASTER_KEY, paymentId, sealed);
    const vault = openVault(env, address.get(), id);
    await vault.saveMethod({ id, customerId: customer.id, usage, paymentId, view, card });
  }
  await commits.run(() => {
    tables.secrets.forget(number);
    tables.due.clear(number, "save");
  });
}

/** What the run that proved the card owes, before whoever waits for it is answered. Never throws. */
export async function saveIfOwed(ports: SavingPorts, paymentId: string): Promise<void> {
  const held = ports.tables.log.find(paymentId);
  if (held === null || held.state.savedMethod === null || !ports.tables.due.has(held.number, "save")) return;
  const saved = saveMethod(ports, paymentId).catch((error: unknown) => {
    console.error(JSON.stringify({ event: "save_failed", payment: paymentId, reason: String(error) }));
  });
  await Promise.race([saved, scheduler.wait(PATIENCE_MS)]);
}
