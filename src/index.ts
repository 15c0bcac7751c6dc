export { PaymentShard } from "./durable/payment-shard.ts";
export { SandboxProcessor } from "./connectors/sandbox/processor.ts";

export default {
  async fetch(): Promise<Response> {
    return new Response("Switchyard");
  },
};
