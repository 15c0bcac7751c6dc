/**
 * What the runtime itself costs, for the least that a durable create must do. Bare: a request, an answer. F1: one
 * shared Durable Object writes a payment's row and an event's. F2: each payment writes a Durable Object of its own.
 */
import { DurableObject } from "cloudflare:workers";

const ANSWER = JSON.stringify({
  id: "pay_00000000000000000000000000",
  status: "succeeded",
  amount: 1000,
  currency: "gbp",
});
const TABLES = `
  CREATE TABLE IF NOT EXISTS payments (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, payment TEXT NOT NULL, type TEXT NOT NULL, created INTEGER NOT NULL)`;

export class SharedFloor extends DurableObject {
  constructor(ctx: DurableObjectState, env: object) {
    super(ctx, env as never);
    ctx.storage.sql.exec(TABLES);
  }

  async write(id: string, body: string): Promise<void> {
    const { sql } = this.ctx.storage;
    sql.exec("INSERT INTO payments (id, body) VALUES (?, ?)", id, body);
    sql.exec("INSERT INTO events (payment, type, created) VALUES (?, ?, ?)", id, "payment.succeeded", Date.now());
  }
}

export class FreshFloor extends DurableObject {
  async write(id: string, body: string): Promise<void> {
    this.ctx.storage.kv.put("payment", { id, body });
  }
}

interface FloorEnv {
  SHARED: DurableObjectNamespace<SharedFloor>;
  FRESH: DurableObjectNamespace<FreshFloor>;
}

export default {
  async fetch(request: Request, env: FloorEnv): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/shared") {
      await env.SHARED.getByName("one").write(crypto.randomUUID(), await request.text());
    } else if (pathname === "/fresh") {
      await env.FRESH.get(env.FRESH.newUniqueId()).write("payment", await request.text());
    }
    return new Response(ANSWER, { status: 201, headers: { "content-type": "application/json" } });
  },
};
