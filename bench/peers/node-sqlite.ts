/**
 * The least that a durable create could be in one ordinary process: Node's own HTTP server and SQLite, one
 * transaction a request, flushed to disk before the answer. It validates and writes; it knows no states, calls no
 * processor and projects nothing. Says its port on the standard output.
 */
import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";

const database = new DatabaseSync(process.argv[2] ?? "");
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE payments (id TEXT PRIMARY KEY, status TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE keys (name TEXT PRIMARY KEY, payment TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE events (id INTEGER PRIMARY KEY, payment TEXT NOT NULL, type TEXT NOT NULL, created INTEGER NOT NULL)`);
const findKey = database.prepare("SELECT payment FROM keys WHERE name = ?");
const findPayment = database.prepare("SELECT body FROM payments WHERE id = ?");
const insertPayment = database.prepare("INSERT INTO payments VALUES (?, ?, ?)");
const insertKey = database.prepare("INSERT INTO keys VALUES (?, ?)");
const insertEvent = database.prepare("INSERT INTO events (payment, type, created) VALUES (?, ?, ?)");

const server = createServer((request, response) => {
  void readBody(request).then((text) => {
    const { status, body } = create(text, request.headers["idempotency-key"]?.toString() ?? "");
    response
      .writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
      .end(body);
  });
});

function create(text: string, idempotencyKey: string): { status: number; body: string } {
  const wish = JSON.parse(text) as { amount?: unknown; currency?: unknown; customer?: { email?: unknown } };
  if (!Number.isInteger(wish.amount) || typeof wish.currency !== "string" || typeof wish.customer?.email !== "string") {
    return { status: 400, body: '{"error":{"code":"parameter_invalid"}}' };
  }
  const name = createHash("sha256").update(idempotencyKey).digest("hex");
  const known = findKey.get(name);
  if (known !== undefined) return { status: 201, body: String(findPayment.get(String(known["payment"]))?.["body"]) };
  const id = `pay_${randomUUID()}`;
  const body = JSON.stringify({ ...wish, id, status: "succeeded", created: new Date().toISOString() });
  database.exec("BEGIN IMMEDIATE");
  insertPayment.run(id, "succeeded", body);
  insertKey.run(name, id);
  insertEvent.run(id, "payment.succeeded", Date.now());
  database.exec("COMMIT");
  return { status: 201, body };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += (chunk as Buffer).toString();
  return text;
}

server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
