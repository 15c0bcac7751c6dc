import { type SQL, sql } from "drizzle-orm";
import { shardOfPayment } from "../domain/ids.ts";
import { packBody } from "./body.ts";
import type { PaymentRecord } from "./record.ts";
import { prepareSql } from "./statement.ts";

/** D1 takes 100 bound parameters and 2 MB a value: the records go as one JSON text, well below it. */
const MAX_BYTES_PER_STATEMENT = 1_000_000;

/**
 * Brings the read model up to these records, any number of them. Safe to repeat and to call with records that are
 * late or out of order: what D1 holds never goes back to an older version. Each statement's records are written
 * together with their metadata or not at all. Throws where D1 does, and the outcome is then unknown: repeat it.
 * `also` are statements for the last batch's transaction; their results are returned.
 */
export async function project(
  db: D1Database,
  records: readonly PaymentRecord[],
  also: readonly SQL[] = [],
): Promise<D1Result[]> {
  const batches = [...chunkByBytes(newestOfEach(records))].map(writeChunk);
  const last = batches.pop() ?? [];
  for (const statements of batches) await db.batch(statements.map((statement) => prepareSql(db, statement)));
  const statements = [...last, ...also];
  if (statements.length === 0) return [];
  const results = await db.batch(statements.map((statement) => prepareSql(db, statement)));
  return results.slice(last.length);
}

function writeChunk(chunk: readonly PackedWrite[]): SQL[] {
  const metadata = chunk.filter((write) => write.metadata !== null);
  return [...(metadata.length === 0 ? [] : writeMetadata(metadata)), writePayments(chunk)];
}

/** A payment once, at its newest version, with the newest metadata that any of its records brings. */
interface PaymentWrite {
  record: PaymentRecord;
  metadata: Record<string, string> | null;
  metadataVersion: number;
}

function newestOfEach(records: readonly PaymentRecord[]): PaymentWrite[] {
  const writes = new Map<string, PaymentWrite>();
  for (const record of records) {
    const write = writes.get(record.id) ?? { record, metadata: null, metadataVersion: 0 };
    if (record.version > write.record.version) write.record = record;
    if (record.metadata !== null && record.version > write.metadataVersion) {
      write.metadata = record.metadata;
      write.metadataVersion = record.version;
    }
    writes.set(record.id, write);
  }
  return [...writes.values()];
}

type PackedWrite = PaymentWrite & { row: string };

function* chunkByBytes(writes: readonly PaymentWrite[]): Generator<PackedWrite[]> {
  let chunk: PackedWrite[] = [];
  let bytes = 0;
  for (const write of writes) {
    const row = JSON.stringify(paymentRow(write));
    const rowBytes = Buffer.byteLength(row) + Buffer.byteLength(JSON.stringify(write.metadata));
    if (chunk.length > 0 && bytes + rowBytes > MAX_BYTES_PER_STATEMENT) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push({ ...write, row });
    bytes += rowBytes;
  }
  if (chunk.length > 0) yield chunk;
}

function paymentRow({ record: r, metadataVersion }: PaymentWrite): unknown[] {
  const shard = shardOfPayment(r.id);
  const indexed = [r.status, r.currency, r.amount, r.connector, r.customerId, r.merchantReference];
  return [r.id, r.owner, shard, r.version, metadataVersion, r.created, ...indexed, packBody(r.body)];
}

function writePayments(chunk: readonly PackedWrite[]): SQL {
  const rows = `[${chunk.map((write) => write.row).join(",")}]`;
  // `WHERE true` keeps SQLite from reading ON as the join's.
  return sql`
    INSERT INTO payments (id, owner, shard, version, metadata_version, created, status, currency, amount, connector,
      customer_id, merchant_reference, body)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
      value ->> 8, value ->> 9, value ->> 10, value ->> 11, unhex(value ->> 12)
    FROM json_each(${rows}) WHERE true
    ON CONFLICT (owner, created, id) DO UPDATE SET
      version = excluded.version, metadata_version = max(payments.metadata_version, excluded.metadata_version),
      status = excluded.status, currency = excluded.currency, amount = excluded.amount,
      connector = excluded.connector, customer_id = excluded.customer_id,
      merchant_reference = excluded.merchant_reference, body = excluded.body
    WHERE excluded.version > payments.version`;
}

/**
 * Judged by the version that the metadata was said at, not the payment's: a record that leaves the metadata alone may
 * overtake the one that brought it. Runs before the payments are written, which notes that version for new rows; the
 * last statement notes it where a late record brings only its metadata.
 */
function writeMetadata(writes: readonly PaymentWrite[]): SQL[] {
  const rows = JSON.stringify(
    writes.map(({ record: r, metadata, metadataVersion }) => [r.id, r.owner, r.created, metadataVersion, metadata]),
  );
  const newer: SQL = sql`
    FROM json_each(${rows}) AS said LEFT JOIN payments
      ON payments.owner = said.value ->> 1 AND payments.created = said.value ->> 2 AND payments.id = said.value ->> 0
    WHERE coalesce(payments.metadata_version, 0) < said.value ->> 3`;
  return [
    sql`DELETE FROM payment_metadata WHERE payment_id IN (SELECT said.value ->> 0 ${newer})`,
    sql`
      INSERT INTO payment_metadata (payment_id, owner, created, key, value)
      SELECT newer.id, newer.owner, newer.created, pair.key, pair.value
      FROM (SELECT said.value ->> 0 AS id, said.value ->> 1 AS owner, said.value ->> 2 AS created,
          said.value -> 4 AS metadata ${newer}) AS newer, json_each(newer.metadata) AS pair`,
    sql`
      UPDATE payments SET metadata_version = said.value ->> 3 FROM json_each(${rows}) AS said
      WHERE payments.owner = said.value ->> 1 AND payments.created = said.value ->> 2
        AND payments.id = said.value ->> 0 AND payments.metadata_version < said.value ->> 3`,
  ];
}
