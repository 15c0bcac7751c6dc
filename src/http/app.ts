import { Hono } from "hono";
import { isDatabaseError } from "../projection/database-error.ts";
import { findAllowedMethods } from "./allowed-methods.ts";
import type { AppEnv, ShardDoor } from "./env.ts";
import { plainRejection, reject, Unavailable } from "./errors.ts";
import { logFault, observe } from "./middleware/observe.ts";
import { giveRequestId } from "./middleware/request-id.ts";
import { setSecurityHeaders } from "./middleware/security-headers.ts";
import { admin } from "./routes/admin.ts";
import { connectors } from "./routes/connectors.ts";
import { connectorHealth } from "./routes/connector-health.ts";
import { docs } from "./routes/docs.ts";
import { events } from "./routes/events.ts";
import { health } from "./routes/health.ts";
import { keys } from "./routes/keys.ts";
import { registerListPayments } from "./routes/list-payments.ts";
import { payments } from "./routes/payments.ts";
import { processorWebhooks } from "./routes/processor-webhooks.ts";
import { receipt } from "./routes/receipt.ts";
import { refunds } from "./routes/refunds.ts";
import { returns } from "./routes/return.ts";
import { routing } from "./routes/routing.ts";
import { sandboxRoutes } from "./routes/sandbox.ts";
import { tokens } from "./routes/tokens.ts";
import { stream } from "./routes/stream.ts";
import { webhookEndpoints } from "./routes/webhook-endpoints.ts";
import { openShard } from "./shard-call.ts";

export type { AppEnv } from "./env.ts";

/** What a request passes, in order. Keys, bodies and ids are each route's own declaration: see `routes/`. */
export function createApp(options: { shard?: ShardDoor } = {}): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const door = options.shard ?? openShard;

  app.use(giveRequestId, observe, setSecurityHeaders);
  app.use(async (c, next) => {
    c.set("openShard", door);
    await next();
  });

  app.route("/", health);
  app.route("/api/payments", stream);
  app.route("/api/payments", payments);
  app.route("/api/payments", receipt);
  registerListPayments(app);
  app.route("/api/refunds", refunds);
  app.route("/api/tokens", tokens);
  app.route("/api/keys", keys);
  app.route("/api/connectors", connectors);
  app.route("/api/connectors", connectorHealth);
  app.route("/api/routing", routing);
  app.route("/api/webhook-endpoints", webhookEndpoints);
  app.route("/api/events", events);
  app.route("/api/admin", admin);
  app.route("/webhooks", processorWebhooks);
  app.route("/", sandboxRoutes);
  app.route("/", returns);
  app.route("/", docs);

  const allowedMethods = findAllowedMethods(app);
  app.notFound((c) => {
    const allowed = allowedMethods(c.req.path);
    if (allowed.length === 0) return reject(c, plainRejection("not_found"));
    c.header("allow", allowed.join(", "));
    return reject(c, plainRejection("method_not_allowed"));
  });

  app.onError((error, c) => {
    logFault(c, error);
    const isOutage = error instanceof Unavailable || isDatabaseError(error);
    return reject(c, plainRejection(isOutage ? "unavailable" : "internal"));
  });

  return app;
}
