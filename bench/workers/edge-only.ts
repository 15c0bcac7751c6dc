/** The product up to the door of the payment's shard: key, strict JSON, validation. The shard answers from here. */
import { createApp } from "../../src/http/app.ts";
import type { PaymentShardApi, Reply } from "../../src/durable/shard-api.ts";

export * from "../../src/index.ts";

const reply: Reply = {
  ok: true,
  status: 201,
  body: '{"id":"pay_00000000000000000000000000","status":"succeeded"}',
  replayed: false,
};
const shard = { create: () => Promise.resolve(reply) } as unknown as PaymentShardApi;
const app = createApp({ shard: () => shard });

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
