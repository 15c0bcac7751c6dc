/** The product under load: a merchant of its own, creates and replays, and what must be true of all that it accepted. */
import { randomBytes, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { message, type Reply } from "./connection.ts";
import { closedLoop, type Target } from "./load.ts";
import type { Project } from "./project.ts";
import { serveWorker, waitFor, type WorkerServer } from "./server.ts";

/** The create of the API's own documentation. */
export const BODY = JSON.stringify({
  amount: 1000,
  currency: "gbp",
  captureMethod: "automatic",
  connectionInformation: { customerIp: "192.168.1.1" },
  browserInfo: { userAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36" },
  cartItems: [{ name: "Wireless Mouse", price: 2999, quantity: 2, type: "tangible" }],
  primaryDeliveryDetails: { deliveryMethod: "FedEx Overnight", deliveryType: "physical" },
  customer: { email: "john.doe@example.com", firstName: "John", lastName: "Doe" },
  paymentMethod: {},
});

/** The rate shield counts by key and would refuse a single key that comes as fast as the bench does. */
const KEYS = 16;
const DRAIN_TIMEOUT_MS = 30_000;

export interface Product {
  server: WorkerServer;
  merchantId: string;
  merchantNumber: number;
  keys: string[];
  /** Every payment that was answered with 201 and `succeeded`, and its idempotency key. */
  accepted: Map<string, string>;
  /** Creates with fresh idempotency keys. */
  creates: Target;
  /** Creates that were answered before, again; each must be answered with the same payment. */
  replays: Target;
}

export interface StartOptions {
  directory: string;
  code: string;
  project: Project;
  wrap?: readonly string[];
  shards?: number;
  /** Beyond the secrets. */
  variables?: Record<string, string>;
  egress?: readonly string[];
}

export async function startProduct(options: StartOptions): Promise<Product> {
  const { directory, code, project, wrap, shards = 1, egress = [] } = options;
  const secrets = { ADMIN_TOKEN: randomUUID(), MASTER_KEY: randomBytes(32).toString("base64") };
  const variables = { ...options.variables, ...secrets };
  const server = await serveWorker(directory, { code, project, variables, egress }, wrap);
  for (const statement of migrations(project)) await server.query(statement);
  const merchant = await post<{ id: string; keys: { type: string; mode: string; key: string }[] }>(
    server,
    "/api/admin/merchants",
    variables.ADMIN_TOKEN,
    { name: "Bench", shards },
  );
  const first = merchant.keys.find(({ type, mode }) => type === "secret" && mode === "test")?.key ?? "";
  const keys = [first];
  for (let n = 1; n < KEYS; n++) {
    keys.push(
      (await post<{ key: string }>(server, "/api/keys", first, { type: "secret", mode: "test", name: `bench ${n}` }))
        .key,
    );
  }
  const { rows } = await server.query<{ number: number }>("SELECT number FROM merchants WHERE id = ?", merchant.id);
  const accepted = new Map<string, string>();
  return {
    server,
    merchantId: merchant.id,
    merchantNumber: rows[0]?.number ?? 0,
    keys,
    accepted,
    creates: creates(server.port, keys, accepted),
    replays: replays(server.port, keys, accepted),
  };
}

function migrations({ database }: Project): string[] {
  const files = readdirSync(database.migrations).filter((name) => name.endsWith(".sql"));
  return files
    .toSorted()
    .flatMap((name) => readFileSync(join(database.migrations, name), "utf8").split(/--> statement-breakpoint|;\s*\n/))
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}

async function post<T>(server: WorkerServer, path: string, key: string, body: unknown): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`${path}: HTTP ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

export function createMessage(key: string, idempotencyKey: string): string {
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    "idempotency-key": idempotencyKey,
  };
  return message("POST", "/api/payments", headers, BODY);
}

function creates(port: number, keys: readonly string[], accepted: Map<string, string>): Target {
  let n = 0;
  return {
    port,
    next: () => createMessage(keys[n++ % keys.length] ?? "", randomUUID()),
    accept: (reply, request) => {
      const id = paymentOf(reply);
      if (id === null || accepted.has(id)) return false;
      accepted.set(id, idempotencyKeyOf(request));
      return true;
    },
  };
}

function replays(port: number, keys: readonly string[], accepted: Map<string, string>): Target {
  let n = 0;
  // The newest: a merchant's retry comes soon after its first try.
  let recent: [string, string][] = [];
  return {
    port,
    next: () => {
      if (n % 200 === 0) recent = [...accepted].slice(-200);
      const [, idempotencyKey = ""] = recent[n % recent.length] ?? [];
      return createMessage(keys[n++ % keys.length] ?? "", idempotencyKey);
    },
    accept: (reply, request) => {
      const id = paymentOf(reply);
      const isReplay = reply.head.includes("\nidempotent-replayed: true");
      return id !== null && isReplay && accepted.get(id) === idempotencyKeyOf(request);
    },
  };
}

function paymentOf({ status, body }: Reply): string | null {
  if (status !== 201) return null;
  const { id, status: state } = JSON.parse(body) as { id: string; status: string };
  return state === "succeeded" ? id : null;
}

function idempotencyKeyOf(request: string): string {
  return /\r\nidempotency-key: ([^\r]+)/.exec(request)?.[1] ?? "";
}

/** Every code path has run, caches are full, the optimiser has had its turn. */
export async function warmUp(target: Target, forMs = 1500): Promise<void> {
  const { errors, firstError } = await closedLoop(target, { connections: 16, forMs });
  if (errors > 0) throw new Error(`warming up: ${errors} errors, first ${firstError}`);
}

/** All that was accepted has reached D1. Throws where it does not in time. */
export async function drained({ server, accepted }: Product): Promise<void> {
  const arrived = async () => {
    const { rows } = await server.query<{ n: number }>("SELECT max(rowid) AS n FROM payments");
    if ((rows[0]?.n ?? 0) < accepted.size) return false;
    const open = await server.query<{ n: number }>(
      "SELECT count(*) AS n FROM payments INDEXED BY payments_open WHERE status NOT IN ('succeeded', 'partially_captured', 'failed', 'cancelled', 'expired')",
    );
    return open.rows[0]?.n === 0;
  };
  if (!(await waitFor(arrived, DRAIN_TIMEOUT_MS))) throw new Error("accepted payments did not reach D1 in time");
}
