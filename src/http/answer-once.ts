/** Idempotent POSTs that touch D1 only. What they create and their first answer commit in one batch. */
import type { Context } from "hono";
import type { IdempotencyClaim } from "../durable/shard-api.ts";
import { commitFirst, findFirstAnswer, type Statements } from "../projection/first-answers.ts";
import { keyedHash } from "../vault/keys.ts";
import { seal, unseal } from "../vault/seal.ts";
import type { AppEnv } from "./env.ts";
import { plainRejection, reject } from "./errors.ts";
import { makeClaim } from "./idempotency.ts";

export interface NewThing {
  status: 200 | 201;
  /** Becomes the body. May hold a secret that is shown once: it is kept sealed. */
  answer: unknown;
  /** What creates it, all or nothing. */
  statements: Statements;
}

/**
 * Behind `takeIdempotencyKey` and `readJson`. `scope` says whose key it is: merchant and mode, or the operator.
 * Twins may both make the thing; only one batch commits, and the other answers with the winner's.
 */
export async function answerOnce(
  c: Context<AppEnv>,
  scope: string,
  makeThing: () => Promise<NewThing>,
): Promise<Response> {
  const claim = makeClaim(c);
  if (claim === null) {
    const { status, answer, statements } = await makeThing();
    await commitFirst(c.env.DB, null, statements);
    return c.json(answer, status);
  }
  const own = {
    ...claim,
    name: keyedHash(c.env.MASTER_KEY, "idempotency", `d1/v1\n${scope}\n${claim.name}`).toString("hex"),
  };
  return (await replay(c, own)) ?? (await makeFirst(c, own, makeThing));
}

async function makeFirst(
  c: Context<AppEnv>,
  claim: IdempotencyClaim,
  makeThing: () => Promise<NewThing>,
): Promise<Response> {
  const { status, answer, statements } = await makeThing();
  const body = JSON.stringify(answer);
  const row = {
    ...claim,
    status,
    sealedBody: await seal(c.env.MASTER_KEY, body, claim.name),
    created: Date.now(),
  };
  try {
    await commitFirst(c.env.DB, row, statements);
  } catch (error) {
    const first = await replay(c, claim);
    if (first === null) throw error;
    return first;
  }
  return sendJson(c, body, status);
}

/** The first answer again, or 422; null where the key is new. */
async function replay(c: Context<AppEnv>, claim: IdempotencyClaim): Promise<Response | null> {
  const row = await findFirstAnswer(c.env.DB, claim.name);
  if (row === null) return null;
  if (row.fingerprint !== claim.fingerprint) return reject(c, plainRejection("idempotency_key_reused"));
  c.header("idempotent-replayed", "true");
  return sendJson(c, await unseal(c.env.MASTER_KEY, row.sealedBody, claim.name), row.status as 200 | 201);
}

function sendJson(c: Context<AppEnv>, body: string, status: 200 | 201): Response {
  return c.body(body, status, { "content-type": "application/json" });
}
