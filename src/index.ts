import { createApp } from "./http/app.ts";

export { SandboxProcessor } from "./connectors/sandbox/processor.ts";
export { PaymentShard } from "./durable/payment-shard.ts";

const app = createApp();

export default {
  fetch: app.fetch,
} satisfies ExportedHandler<Env>;
