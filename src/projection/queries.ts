import { type SQL, sql } from "drizzle-orm";
import { unpackBody } from "./body.ts";
import { type PaymentCursor, encodeCursor } from "./cursor.ts";
import { prepareSql } from "./statement.ts";

/** All given ones must hold. Bounds include their ends. */
export interface PaymentFilters {
  status?: string | undefined;
  currency?: string | undefined;
  connector?: string | undefined;
  customerId?: string | undefined;
  merchantReference?: string | undefined;
  /** ms since 1970 */
  createdFrom?: number | undefined;
  createdTo?: number | undefined;
  /** Minor units. */
  amountMin?: number | undefined;
  amountMax?: number | undefined;
  metadata?: Readonly<Record<string, string>> | undefined;
}

export interface PaymentPage {
  /** JSON texts, newest first, each as answers show it less `clientSecret`. */
  bodies: { id: string; body: string }[];
  hasMore: boolean;
  nextCursor: string | null;
}

interface PaymentRow {
  id: string;
  created: number;
  body: string;
}

/** One page of a merchant's payments in one mode. `owner` is from `ownerOf`. Throws where D1 does. */
export async function listPayments(
  db: D1Database,
  owner: number,
  filters: PaymentFilters,
  page: { limit: number; cursor: PaymentCursor | null },
): Promise<PaymentPage> {
  const { results: rows } = await prepareSql(db, listQuery(owner, filters, page)).all<PaymentRow>();
  const shown = rows.slice(0, page.limit);
  const hasMore = rows.length > page.limit;
  const last = shown.at(-1);
  return {
    bodies: shown.map(({ id, body }) => ({ id, body: unpackBody(body) })),
    hasMore,
    nextCursor: hasMore && last !== undefined ? encodeCursor(last) : null,
  };
}

/**
 * Every index leads with the owner and ends in (created, id), so whichever serves gives the rows in order, and the
 * cursor as a row value is a place in it: no sort, and page 1000 costs what page 1 does. D1 keeps no statistics to
 * choose by, so the index of the filter that leaves fewest rows is named here.
 */
export function listQuery(
  owner: number,
  filters: PaymentFilters,
  page: { limit: number; cursor: PaymentCursor | null },
): SQL {
  const pairs = Object.entries(filters.metadata ?? {});
  const index = indexFor(filters);
  const leading = index === "payments_by_created" ? pairs.shift() : undefined;
  const order = leading === undefined ? ["p.created", "p.id"] : ["m.created", "m.payment_id"];
  const [created, id] = order.map((column) => sql.raw(column)) as [SQL, SQL];
  // CROSS JOIN is SQLite's way to say that the left table is walked first.
  const source =
    leading === undefined
      ? sql`payments AS p INDEXED BY ${sql.identifier(index)} WHERE p.owner = ${owner}`
      : sql`payment_metadata AS m INDEXED BY payment_metadata_by_value
          CROSS JOIN payments AS p INDEXED BY payments_by_created
          WHERE m.owner = ${owner} AND m.key = ${leading[0]} AND m.value = ${leading[1]}
          AND p.owner = m.owner AND p.created = m.created AND p.id = m.payment_id`;
  const conditions = [
    ...equalities(filters),
    ...bounds(filters, page.cursor, created, id),
    ...pairs.map(
      ([key, value]) => sql`EXISTS (SELECT 1 FROM payment_metadata AS also
        WHERE also.payment_id = p.id AND also.key = ${key} AND also.value = ${value})`,
    ),
  ];
  const where = sql.join(conditions.map((condition) => sql` AND ${condition}`));
  return sql`SELECT p.id, p.created, hex(p.body) AS body FROM ${source}${where}
    ORDER BY ${created} DESC, ${id} DESC LIMIT ${page.limit + 1}`;
}

function indexFor(filters: PaymentFilters): string {
  if (filters.merchantReference !== undefined) return "payments_by_merchant_reference";
  if (filters.customerId !== undefined) return "payments_by_customer";
  if (Object.keys(filters.metadata ?? {}).length > 0) return "payments_by_created";
  if (filters.connector !== undefined) return "payments_by_connector";
  if (filters.status !== undefined) return "payments_by_status";
  if (filters.currency !== undefined) return "payments_by_currency";
  return "payments_by_created";
}

function equalities(filters: PaymentFilters): SQL[] {
  const wanted = [
    [sql`p.merchant_reference`, filters.merchantReference],
    [sql`p.customer_id`, filters.customerId],
    [sql`p.connector`, filters.connector],
    [sql`p.status`, filters.status],
    [sql`p.currency`, filters.currency],
  ] as const;
  return wanted.flatMap(([column, value]) => (value === undefined ? [] : [sql`${column} = ${value}`]));
}

/** At most one upper bound on (created, id): SQLite seeks by one and would filter by the other, row after row. */
function bounds(filters: PaymentFilters, cursor: PaymentCursor | null, created: SQL, id: SQL): SQL[] {
  const { createdFrom, createdTo, amountMin, amountMax } = filters;
  const conditions: SQL[] = [];
  if (cursor !== null && cursor.created <= (createdTo ?? Number.MAX_SAFE_INTEGER)) {
    conditions.push(sql`(${created}, ${id}) < (${cursor.created}, ${cursor.id})`);
  } else if (createdTo !== undefined) {
    conditions.push(sql`${created} <= ${createdTo}`);
  }
  if (createdFrom !== undefined) conditions.push(sql`${created} >= ${createdFrom}`);
  if (amountMin !== undefined) conditions.push(sql`p.amount >= ${amountMin}`);
  if (amountMax !== undefined) conditions.push(sql`p.amount <= ${amountMax}`);
  return conditions;
}
