/** What was answered against what stands in the three stores: the shard, D1, the processor's own books. */
import type { Audit } from "../report/exact-figures.ts";
import type { Product } from "./product.ts";
import { bytesOf, d1Stores, objectStores, rowsOf } from "./stores.ts";

/** Of a server that has ended. `hasBooks`: its sandbox is the real one, which keeps books of its own. */
export function audit({ server: { directory }, accepted }: Product, hasBooks: boolean): Audit {
  const shards = objectStores(directory, "PaymentShard");
  const d1 = d1Stores(directory);
  const inShard = rowsOf(shards, "SELECT id FROM payments").map(({ id }) => String(id));
  const inD1 = rowsOf(d1, "SELECT id FROM payments WHERE status = 'succeeded'").map(({ id }) => String(id));
  // One number counts a payment's events in both: what the shard committed has reached D1, each once.
  const committed = count(rowsOf(shards, "SELECT count(*) AS n FROM events"));
  const told = count(rowsOf(d1, "SELECT count(DISTINCT id) AS n FROM events"));
  const stores = [inShard, inD1];
  if (hasBooks) {
    const books = objectStores(directory, "SandboxProcessor");
    const charges = rowsOf(books, "SELECT order_ref FROM txn WHERE op IN ('sale', 'hold', 'take')");
    stores.push(charges.map(({ order_ref: order }) => String(order)));
  }
  const lost = stores.map((ids) => missing([...accepted.keys()], new Set(ids)));
  const doubled = stores.map((ids) => ids.length - new Set(ids).size + missing([...new Set(ids)], accepted));
  const n = Math.max(inShard.length, 1);
  const isTold = (table: string) => table === "events";
  const isListed = (table: string) => table === "payments" || table === "payment_metadata";
  return {
    accepted: accepted.size,
    lost: sum(lost) + Math.max(committed - told, 0),
    doubled: sum(doubled) + Math.max(told - committed, 0),
    bytes: {
      shard: bytesOf(shards, () => true) / n,
      readModel: bytesOf(d1, isListed) / n,
      events: bytesOf(d1, isTold) / n,
    },
  };
}

function missing(ids: readonly string[], present: { has(id: string): boolean }): number {
  return ids.filter((id) => !present.has(id)).length;
}

function count(rows: readonly Record<string, unknown>[]): number {
  return sum(rows.map(({ n }) => Number(n)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
