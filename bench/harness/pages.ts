/** Pages of a merchant's list, and a read model with as many payments in it as are wanted. */
import { Connection, message } from "./connection.ts";
import { closedLoop, type Target } from "./load.ts";
import { drained, type Product } from "./product.ts";

const STEP = 20_000;
/** Apart from each other, so that a page somewhere in the middle is found by its time. */
const APART_MS = 1000;

/**
 * Copies real rows, made by the product itself, until the merchant has `rows` payments. Ids follow the form of real
 * ones; times go back from now.
 */
export async function seedPayments(product: Product, rows: number): Promise<void> {
  const { server, accepted, creates } = product;
  await closedLoop(creates, { connections: 1, forMs: 10_000, limit: 1 });
  await drained(product);
  const [id = ""] = accepted.keys();
  const copied =
    "owner, shard, version, metadata_version, status, currency, amount, connector, customer_id, merchant_reference, body";
  for (let from = 1; from < rows; from += STEP) {
    await server.query(
      `WITH RECURSIVE n(i) AS (SELECT CAST(? AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < CAST(? AS INTEGER))
       INSERT INTO payments (id, created, ${copied})
       SELECT substr(id, 1, length(id) - 8) || printf('%08d', i), created - i * ${APART_MS}, ${copied}
       FROM n CROSS JOIN payments WHERE id = ?`,
      from,
      Math.min(from + STEP, rows),
      id,
    );
  }
}

export interface Page {
  rowsRead: number;
  nextCursor: string;
}

export async function measurePage(product: Product, options: PageOptions): Promise<Page> {
  const connection = await Connection.open(product.server.port);
  try {
    // The keys are looked up in D1 once, and that reads rows too.
    await connection.send(await pageMessage(product, options, connection));
    const { status, head, body } = await connection.send(await pageMessage(product, options, connection));
    if (status !== 200) throw new Error(`HTTP ${status} ${body}`);
    const rowsRead = Number(/\nrows-read: (\d+)/.exec(head)?.[1]);
    return { rowsRead, nextCursor: (JSON.parse(body) as { nextCursor: string }).nextCursor };
  } finally {
    connection.close();
  }
}

export interface PageOptions {
  limit: number;
  /** A page behind a cursor half way through the list; otherwise the first. */
  isMiddle?: boolean;
}

async function pageMessage(product: Product, options: PageOptions, connection: Connection): Promise<string> {
  return message("GET", await pathOf(product, options, connection), headers(product), "");
}

function headers({ keys }: Product, n = 0): Record<string, string> {
  return { authorization: `Bearer ${keys[n % keys.length] ?? ""}` };
}

async function pathOf(
  product: Product,
  { limit, isMiddle = false }: PageOptions,
  connection: Connection,
): Promise<string> {
  const first = `/api/payments?limit=${limit}`;
  if (!isMiddle) return first;
  const { rows } = await product.server.query<{ middle: number }>(
    "SELECT (min(created) + max(created)) / 2 AS middle FROM payments",
  );
  const until = new Date(Math.floor(rows[0]?.middle ?? 0)).toISOString();
  const { body } = await connection.send(message("GET", `${first}&createdTo=${until}`, headers(product)));
  return `${first}&cursor=${(JSON.parse(body) as { nextCursor: string }).nextCursor}`;
}

/** The same page again and again, in the name of one key after the other. */
export async function pageTarget(product: Product, options: PageOptions): Promise<Target> {
  const connection = await Connection.open(product.server.port);
  const path = await pathOf(product, options, connection);
  connection.close();
  let n = 0;
  return {
    port: product.server.port,
    next: () => message("GET", path, headers(product, n++)),
    accept: ({ status, body }) =>
      status === 200 && (JSON.parse(body) as { data: unknown[] }).data.length === options.limit,
  };
}
