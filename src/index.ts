import { createApp } from "./http/app.ts";
import { retryParked } from "./projection/deliver-message.ts";
import { sweep } from "./projection/sweep.ts";

export { SandboxProcessor } from "./connectors/sandbox/processor.ts";
export { ConnectorHealth } from "./durable/connector-health.ts";
export { PaymentShard } from "./durable/payment-shard.ts";
export { VaultObject } from "./durable/vault-object.ts";
export { WebhookEndpoint } from "./durable/webhook-endpoint.ts";

const app = createApp();

export default {
  fetch: app.fetch,
  scheduled(_, env, ctx) {
    ctx.waitUntil(sweep(env, Date.now()));
    ctx.waitUntil(retryParked(env, Date.now()));
  },
} satisfies ExportedHandler<Env>;
