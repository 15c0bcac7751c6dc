import { type SQL, sql } from "drizzle-orm";
import { type PaymentShardApi, type ShardAddress, shardName } from "../durable/shard-api.ts";
import { prepareSql } from "./statement.ts";
import { IS_OPEN } from "./tables.ts";

/** A shard's own alarm acts within 30 s; what is open for longer than this may have lost it. */
const MIN_AGE_MS = 120_000;
/** Bounds one run; the next goes on where this one stopped. */
const MAX_SHARDS_PER_RUN = 200;
/** Calls that a Worker may have open at once. */
const CONCURRENT_POKES = 6;

export interface SweepResult {
  poked: number;
  failed: number;
}

/** The Worker's bindings, as far as a sweep needs them. */
export interface SweepBindings {
  DB: D1Database;
  PAYMENT_SHARD: { getByName(name: string): Pick<PaymentShardApi, "poke"> };
}

/**
 * From the cron. Pokes the shards that hold payments which are not finished and older than two minutes, expiring
 * ones among them, so that an alarm that was lost is set again. At most 200 shards a run, round and round.
 * `now` in ms since 1970.
 */
export async function sweep(env: SweepBindings, now: number): Promise<SweepResult> {
  const start = await env.DB.prepare("SELECT owner, shard FROM sweep_position WHERE id = 1").first<Position>();
  const { results: shards } = await prepareSql(env.DB, openShardsQuery(start ?? BEFORE_ALL)).all<OpenShard>();
  const result = await pokeAll(
    env.PAYMENT_SHARD,
    shards.filter((shard) => shard.oldest < now - MIN_AGE_MS),
  );
  const last = shards.length < MAX_SHARDS_PER_RUN ? BEFORE_ALL : (shards.at(-1) ?? BEFORE_ALL);
  const note = sql`INSERT INTO sweep_position (id, owner, shard) VALUES (1, ${last.owner}, ${last.shard})
    ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, shard = excluded.shard`;
  await prepareSql(env.DB, note).run();
  return result;
}

interface Position {
  owner: number;
  shard: number;
}
const BEFORE_ALL: Position = { owner: -1, shard: -1 };

interface OpenShard extends Position {
  merchantId: string;
  /** ms since 1970: when the oldest of its open payments was made. */
  oldest: number;
}

/**
 * Skips along the index of open payments from one shard's oldest to the next shard's, two seeks a shard. The next of
 * the same owner and the next owner's first are asked apart: within a recursion SQLite seeks no row value.
 */
export function openShardsQuery(after: Position): SQL {
  const first = (where: SQL) => sql`
    (SELECT rowid FROM payments INDEXED BY payments_open WHERE ${sql.raw(IS_OPEN)} AND ${where}
     ORDER BY owner, shard, created LIMIT 1)`;
  const next = (owner: SQL, shard: SQL) =>
    sql`coalesce(${first(sql`owner = ${owner} AND shard > ${shard}`)}, ${first(sql`owner > ${owner}`)})`;
  return sql`
    WITH RECURSIVE open_shards (owner, shard, oldest) AS (
      SELECT owner, shard, created FROM payments WHERE rowid = ${next(sql`${after.owner}`, sql`${after.shard}`)}
      UNION ALL
      SELECT p.owner, p.shard, p.created FROM open_shards CROSS JOIN payments AS p
      WHERE p.rowid = ${next(sql`open_shards.owner`, sql`open_shards.shard`)}
      LIMIT ${MAX_SHARDS_PER_RUN}
    )
    SELECT open_shards.owner, shard, oldest, merchants.id AS merchantId
    FROM open_shards CROSS JOIN merchants WHERE merchants.number = open_shards.owner / 2`;
}

async function pokeAll(namespace: SweepBindings["PAYMENT_SHARD"], shards: readonly OpenShard[]): Promise<SweepResult> {
  const waiting = [...shards];
  const result = { poked: 0, failed: 0 };
  const work = async () => {
    for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
      const poked = await poke(namespace, row);
      result[poked ? "poked" : "failed"] += 1;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT_POKES }, work));
  return result;
}

/** One shard that fails must not keep the others from being poked; it is its own next run's turn. */
async function poke(namespace: SweepBindings["PAYMENT_SHARD"], row: OpenShard): Promise<boolean> {
  const address: ShardAddress = {
    merchantId: row.merchantId,
    merchantNumber: Math.floor(row.owner / 2),
    mode: row.owner % 2 === 1 ? "live" : "test",
    shard: row.shard,
  };
  try {
    await namespace.getByName(shardName(address)).poke();
    return true;
  } catch (error) {
    console.error(JSON.stringify({ event: "sweep_poke_failed", shard: shardName(address), error: String(error) }));
    return false;
  }
}
