import { Hono } from "hono";
import { plainId } from "../../domain/ids.ts";
import { insertAccount } from "../../projection/connector-accounts.ts";
import { insertMerchant } from "../../projection/keys.ts";
import { answerOnce, type NewThing } from "../answer-once.ts";
import { makeAccountId, makeWebhookSecret, sealCredentials } from "../connector-accounts.ts";
import type { AppEnv } from "../env.ts";
import { takeIdempotencyKey } from "../idempotency.ts";
import { makeKey } from "../keys.ts";
import { requireAdmin } from "../middleware/authenticate.ts";
import { readJson } from "../middleware/read-json.ts";
import { validateJson } from "../middleware/validate.ts";
import { createMerchant } from "../schemas/admin.ts";

export const admin = new Hono<AppEnv>().post(
  "/merchants",
  requireAdmin,
  takeIdempotencyKey,
  readJson,
  validateJson(createMerchant),
  (c) => answerOnce(c, "operator", () => makeMerchant(c.env, c.req.valid("json"))),
);

const FIRST_KEYS = [
  { type: "secret", mode: "test" },
  { type: "publishable", mode: "test" },
  { type: "secret", mode: "live" },
  { type: "publishable", mode: "live" },
] as const;

/** A merchant with a key of each kind, and the sandbox to try them on. */
async function makeMerchant(env: Env, wish: { name: string; rawCards: boolean; shards: number }): Promise<NewThing> {
  const id = plainId("mer", crypto.getRandomValues(new Uint8Array(15)));
  const now = Date.now();
  const made = FIRST_KEYS.map((kind) =>
    makeKey(env, { ...kind, merchantId: id, name: "default", scopes: null, expiresAt: null }, now),
  );
  const accountId = makeAccountId();
  const sandbox = {
    id: accountId,
    merchantId: id,
    mode: "test" as const,
    connector: "sandbox",
    label: "sandbox",
    enabled: true,
    ...(await sealCredentials(env, accountId, {})),
    settings: { webhookSecret: makeWebhookSecret() },
    created: now,
  };
  return {
    status: 201,
    answer: {
      id,
      name: wish.name,
      keys: made.map(({ key, row: { id: keyId, type, mode } }) => ({ id: keyId, type, mode, key })),
    },
    statements: [
      insertMerchant(env.DB, { ...wish, id, created: now }),
      ...made.map(({ statement }) => statement),
      insertAccount(env.DB, sandbox),
    ],
  };
}
