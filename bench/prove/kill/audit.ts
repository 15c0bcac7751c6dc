/** What is left when all is quiet, asked over HTTP: our payments against the sandbox's books, and against our answers. */
import { DatabaseSync } from "node:sqlite";
import { type LoggedEvent, readLog } from "../model/read-log.ts";
import type { Server } from "./server.ts";
import { type Acknowledged, send, type Shop, sleep } from "./shop.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are judged here
type Body = any;

export interface AuditResult {
  payments: number;
  refunds: number;
  effects: number;
  restMs: number;
  violations: string[];
}

const PARALLEL = 12;
const REST_LIMIT_MS = 150_000;

export async function auditShop(server: Server, shop: Shop): Promise<AuditResult> {
  const violations = [...shop.wrong];
  const get = async (path: string): Promise<Body> => {
    const answer = await send(server.url + path, shop.authorization, {});
    if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text);
  };
  const restMs = await rest(server, violations);
  const listed = await listAll(get, "/api/payments?limit=100");
  const books = readBooks(server);
  const ids = new Set<string>([...listed.map(({ id }) => id), ...books.keys()]);
  const known = new Set(listed.map(({ id }) => id));
  for (const id of ids)
    if (!known.has(id)) violations.push(`I11: ${id} is in the processor's books and not in the list`);
  let effects = 0;
  await inParallel(listed, async (shown) => {
    const payment = await get(`/api/payments/${shown.id}`);
    if (payment.version !== shown.version || payment.status !== shown.status)
      violations.push(
        `I11: the list says ${shown.status} at ${shown.version}, ${shown.id} is ${payment.status} at ${payment.version}`,
      );
    const events: LoggedEvent[] = await listAll(get, `/api/payments/${shown.id}/events?limit=100`);
    const ledger = await listAll(get, `/api/sandbox/ledger?paymentId=${shown.id}&limit=100`);
    effects += ledger.length;
    auditPayment(payment, events, ledger, violations);
  });
  await inParallel(shop.acknowledged, (acknowledged) => auditAnswer(server, shop, acknowledged, violations));
  const refunds = shop.acknowledged.filter(({ path }) => path === "/api/refunds").length;
  return { payments: listed.length, refunds, effects, restMs, violations };
}

/** No request but reads: alarms alone bring everything to its end. */
async function rest(server: Server, violations: string[]): Promise<number> {
  const began = performance.now();
  let left: string[] = [];
  while (performance.now() - began < REST_LIMIT_MS) {
    left = unsettled(server);
    if (left.length === 0) return performance.now() - began;
    await sleep(300);
  }
  violations.push(`I9: after ${REST_LIMIT_MS / 1000} s of peace there is still ${left.slice(0, 5).join(", ")}`);
  return performance.now() - began;
}

/** Read from the files, so that no question of ours wakes anybody. */
function unsettled(server: Server): string[] {
  return server.databases("PaymentShard").flatMap((file) => {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      const jobs = db.prepare("SELECT job, payment, tries, at FROM due WHERE job <> 'expire'").all() as Body[];
      const rows = db.prepare("SELECT count(*) AS n FROM outbox").get() as { n: number };
      return [
        ...jobs.map(({ job, payment, tries }) => `${job} of ${payment} after ${tries} tries`),
        ...(rows.n > 0 ? [`${rows.n} outbox rows`] : []),
      ];
    } finally {
      db.close();
    }
  });
}

/** Every order that the processor knows. */
function readBooks(server: Server): Map<string, number> {
  const books = new Map<string, number>();
  for (const file of server.databases("SandboxProcessor")) {
    const db = new DatabaseSync(file, { readOnly: true });
    const query = "SELECT order_ref, count(*) AS n FROM txn WHERE state = 'OK' AND amt > 0 GROUP BY order_ref";
    for (const { order_ref: order, n } of db.prepare(query).all() as { order_ref: string; n: number }[])
      books.set(order, n);
    db.close();
  }
  return books;
}

async function listAll(get: (path: string) => Promise<Body>, path: string): Promise<Body[]> {
  const all: Body[] = [];
  for (let cursor: string | null = null; ;) {
    const page: Body = await get(cursor === null ? path : `${path}&cursor=${encodeURIComponent(cursor)}`);
    all.push(...page.data);
    if (!page.hasMore) return all;
    cursor = page.nextCursor;
  }
}

function auditPayment(payment: Body, events: LoggedEvent[], ledger: Body[], violations: string[]): void {
  const fail = (what: string) => violations.push(`${what} (${payment.id})`);
  const log = readLog(events);
  for (const violation of log.violations) fail(violation);
  if (payment.version !== events.length) fail(`I6: version ${payment.version} after ${events.length} events`);
  if (payment.status !== log.status) fail(`I6: ${payment.status}, but its log ends with ${log.status}`);
  if (payment.status === "processing" || payment.status === "conflicted")
    fail(`I9: still ${payment.status} when all is quiet`);
  const seen = new Set<string>();
  for (const { idempotencyKey: key, operation } of ledger) {
    if (seen.has(key)) fail(`I2: two effects under ${key} (${operation})`);
    seen.add(key);
    if (!log.keys.has(key)) fail(`I4: the processor did a ${operation} under ${key}, which our log does not know`);
  }
  const sum = (...operations: string[]) =>
    ledger
      .filter(({ operation }) => operations.includes(operation))
      .reduce((total: number, { amount }) => total + amount, 0);
  const taken = sum("charge", "capture");
  if (taken !== payment.amountReceived) fail(`I4: the processor took ${taken}, we say ${payment.amountReceived}`);
  if (sum("refund") !== payment.amountRefunded)
    fail(`I4: the processor gave back ${sum("refund")}, we say ${payment.amountRefunded}`);
  if (sum("refund") > taken || taken > payment.amount)
    fail(`I5: ${sum("refund")} given back of ${taken} taken of ${payment.amount}`);
  const held = sum("authorize") - sum("capture") - sum("void");
  const isOpen = ["requires_capture", "partially_captured_and_capturable", "requires_merchant_action"].includes(
    payment.status,
  );
  if (isOpen ? held !== payment.amount - taken : held > 0 && !log.voidRefused)
    fail(`I4: ${payment.status}, but the processor holds ${held}`);
}

/** What was acknowledged reads the same, and the same key gets the same bytes. */
async function auditAnswer(server: Server, shop: Shop, said: Acknowledged, violations: string[]): Promise<void> {
  const again = await send(server.url + said.path, shop.authorization, said);
  if (again.status !== said.status || again.text !== said.text)
    violations.push(
      `I3: ${said.path} under ${said.key} was ${said.status} ${said.text}, now ${again.status} ${again.text}`,
    );
  else if (!again.replayed) violations.push(`I3: ${said.path} under ${said.key} was executed again`);
  const body: Body = JSON.parse(said.text);
  const path =
    body.paymentId === undefined ? `/api/payments/${body.id}?asOf=${body.version}` : `/api/refunds/${body.id}`;
  const now = await send(server.url + path, shop.authorization, {});
  if (now.status !== 200) return void violations.push(`I3: ${path} was acknowledged and is answered ${now.status}`);
  if (body.paymentId === undefined) {
    if (now.text !== said.text) violations.push(`I3: ${path} reads otherwise than it was answered`);
  } else {
    const is: Body = JSON.parse(now.text);
    if (is.amount !== body.amount)
      violations.push(`I3: the refund ${body.id} was of ${body.amount} and is of ${is.amount}`);
    if (is.status === "pending") violations.push(`I9: the refund ${body.id} is still pending when all is quiet`);
  }
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}
