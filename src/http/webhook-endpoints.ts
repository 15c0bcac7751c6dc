/** Webhook endpoints and their deliveries as answers show them, and as they are made. */
import type { Context } from "hono";
import { plainId } from "../domain/ids.ts";
import type { Issue } from "../domain/rejection.ts";
import type { Delivery, WebhookEndpointApi } from "../durable/webhook-endpoint-api.ts";
import type { EndpointRow } from "../projection/webhook-endpoints.ts";
import { seal } from "../vault/seal.ts";
import { isLocalAllowed } from "../webhooks/local-targets.ts";
import { judgeUrl } from "../webhooks/safe-url.ts";
import { makeSecret } from "../webhooks/secret.ts";
import type { AppEnv, Caller } from "./env.ts";
import { Unavailable } from "./errors.ts";
import { isoTime } from "./keys.ts";

export interface EndpointWish {
  url: string;
  events: string[];
  description: string;
}

/** A new endpoint's row, and its secret to show once. `now` in ms since 1970. */
export async function makeEndpoint(
  env: Env,
  { merchantId, mode }: Caller,
  wish: EndpointWish,
  now: number,
): Promise<{ row: EndpointRow; secret: string }> {
  const id = plainId("we", crypto.getRandomValues(new Uint8Array(15)));
  const { secret, sealed } = await makeSealedSecret(env, id);
  const state = { enabled: true, disabledReason: null, activeSince: now, created: now };
  const rotation = { sealedPreviousSecret: null, previousUntil: null };
  return { row: { ...wish, ...state, ...rotation, id, merchantId, mode, sealedSecret: sealed }, secret };
}

/** Sealed for this endpoint alone. */
export async function makeSealedSecret(env: Env, endpointId: string): Promise<{ secret: string; sealed: string }> {
  const secret = makeSecret();
  return { secret, sealed: await seal(env.MASTER_KEY, secret, endpointId) };
}

/** Never a secret. */
export function showEndpoint(row: EndpointRow) {
  const isRotating = row.previousUntil !== null && row.previousUntil > Date.now();
  return {
    id: row.id,
    url: row.url,
    events: row.events,
    description: row.description,
    enabled: row.enabled,
    disabledReason: row.disabledReason,
    mode: row.mode,
    secretOverlapUntil: isRotating ? isoTime(row.previousUntil ?? 0) : null,
    created: isoTime(row.created),
  };
}

export function showDelivery(endpointId: string, delivery: Delivery) {
  const { created, nextAttempt, attempts } = delivery;
  return {
    endpointId,
    ...delivery,
    created: isoTime(created),
    nextAttempt: nextAttempt === null ? null : isoTime(nextAttempt),
    attempts: attempts.map((attempt) => ({ ...attempt, at: isoTime(attempt.at) })),
  };
}

/** A body rule: where we may be sent to depends on who runs this Worker. */
export function checkUrl(body: unknown, c: Context<AppEnv>): Issue[] {
  const { url } = body as { url?: unknown };
  if (typeof url !== "string" || url === "") return [];
  const verdict = judgeUrl(url, { allowLocal: isLocalAllowed(c.env.ALLOW_LOCAL_WEBHOOKS) });
  return verdict.ok ? [] : [{ path: "url", code: "custom", message: verdict.reason }];
}

/** Calls the endpoint's own object. */
export async function callEndpoint<T>(
  c: Context<AppEnv>,
  id: string,
  call: (endpoint: WebhookEndpointApi) => Promise<T>,
): Promise<T> {
  try {
    return await call(c.env.WEBHOOK_ENDPOINT.getByName(id));
  } catch (cause) {
    throw new Unavailable("the endpoint's mailbox does not answer", { cause });
  }
}
