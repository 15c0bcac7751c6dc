/** What an account of the sandbox can be told to do, from its free-form settings. */
import type { ConnectorAccount } from "../connector.ts";
import type { WireProfile } from "./wire.ts";

/** Above our own time limit several times over; more would only hold the object's memory. */
const MAX_LATENCY_MS = 60_000;

function numberIn(value: unknown, low: number, high: number): number {
  return typeof value === "number" && Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : low;
}

/** Total: what is absent or no number counts as nothing happening, what is out of range as the nearest end. */
export function profileOf(account: ConnectorAccount): WireProfile {
  const { settings } = account;
  const secret = settings["webhookSecret"];
  return {
    primary: account.label === "sandbox",
    latency_ms: numberIn(settings["latencyMs"], 0, MAX_LATENCY_MS),
    decline_rate: numberIn(settings["declineRate"], 0, 1),
    error_rate: numberIn(settings["errorRate"], 0, 1),
    timeout_rate: numberIn(settings["timeoutRate"], 0, 1),
    dup_rate: numberIn(settings["duplicateWebhookRate"], 0, 1),
    seed: typeof settings["seed"] === "number" ? settings["seed"] : 1,
    dedupe: settings["idempotency"] !== false,
    // Whoever wants messages repeated wants messages.
    hooks: settings["webhooks"] === true || numberIn(settings["duplicateWebhookRate"], 0, 1) > 0,
    hook_secret: typeof secret === "string" && secret !== "" ? secret : null,
  };
}
