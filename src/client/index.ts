export * from "./api-types.ts";
export { type Answer, type Client, type ClientOptions, createClient, type Input, SwitchyardError } from "./client.ts";
export {
  type DisputeEventType,
  type PaymentEventType,
  type RefundEventType,
  type VerifyOptions,
  verifyWebhook,
  type WebhookEvent,
  WebhookVerificationError,
} from "./verify-webhook.ts";
