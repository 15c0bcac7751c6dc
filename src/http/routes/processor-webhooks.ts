/** Where processors post. What counts is the signature over the raw bytes; no key of ours is asked for. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { CallContext, Connector } from "../../connectors/connector.ts";
import { connectorNamed, openDoor } from "../../connectors/registry.ts";
import { deliverMessage } from "../../projection/deliver-message.ts";
import type { AppEnv } from "../env.ts";
import { plainRejection, reject, Unavailable } from "../errors.ts";
import { measure } from "../middleware/observe.ts";
import { requirePlainId } from "../middleware/path-id.ts";
import { MAX_BODY_BYTES } from "../middleware/read-json.ts";
import { RateShield } from "../rate-shield.ts";
import { rejectUnknown } from "../shard-call.ts";
import { type WebhookAccount, webhookAccounts } from "../webhook-account.ts";

type Webhook = NonNullable<Connector["webhook"]>;

/** By account: verifying costs, and anybody can post. */
const shield = new RateShield();

const limitBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: (c) => reject(c, plainRejection("body_too_large")),
});

export const processorWebhooks = new Hono<AppEnv>().post("/:id", requirePlainId("ca"), limitBody, async (c) => {
  const id = c.req.param("id");
  if (!shield.admit(id, Date.now())) return reject(c, plainRejection("rate_limited"));
  const raw = await c.req.raw.bytes();
  const found = await webhookAccounts.find(c.env, id, { isFresh: false });
  const connector = found === null ? undefined : connectorNamed(found.opened.connector);
  const webhook = connector?.webhook;
  if (found === null || connector === undefined || webhook === undefined) return rejectUnknown(c);
  const verified = await measure(c, "verify", () => verify(c, { raw, connector, webhook, found }));
  if (verified === null) return reject(c, plainRejection("unauthorized"));
  const facts = await webhook.read(raw, contextOf(c, connector, verified));
  for (const fact of facts) await measure(c, "shard", () => deliver(c, verified, { ...fact, accountId: id }));
  return c.json({ received: true });
});

/** The account that the message is from; null: from nobody. */
async function verify(
  c: Context<AppEnv>,
  {
    raw,
    connector,
    webhook,
    found,
  }: { raw: Uint8Array; connector: Connector; webhook: Webhook; found: WebhookAccount },
): Promise<WebhookAccount | null> {
  const { headers } = c.req.raw;
  if (await webhook.verify(raw, headers, contextOf(c, connector, found))) return found;
  const fresh = await webhookAccounts.find(c.env, found.account.id, { isFresh: true });
  if (fresh === null || fresh === found) return null;
  return (await webhook.verify(raw, headers, contextOf(c, connector, fresh))) ? fresh : null;
}

function contextOf(c: Context<AppEnv>, connector: Connector, { opened }: WebhookAccount): CallContext {
  return { account: opened, now: Date.now(), send: openDoor(connector, opened, c.env) };
}

/** Durable when it returns. Throws `Unavailable` otherwise, and the processor sends the message again. */
async function deliver(
  c: Context<AppEnv>,
  { account, merchantNumber, shards }: WebhookAccount,
  message: Parameters<typeof deliverMessage>[2],
): Promise<void> {
  const { merchantId, mode } = account;
  const owner = { merchantId, merchantNumber, mode, shards };
  const isKept = await deliverMessage(c.env, owner, message).catch((cause: unknown) => {
    throw new Unavailable("the message could not be kept", { cause });
  });
  if (!isKept) throw new Unavailable("too many messages of this account are parked");
}
