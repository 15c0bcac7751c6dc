import { type Context, Hono } from "hono";
import { plainId } from "../../domain/ids.ts";
import type { PaymentMethodView } from "../../domain/payment/details.ts";
import { type NewToken, openVault, type TokenReply } from "../../durable/vault-api.ts";
import { takeCard } from "../../vault/card-intake.ts";
import { keyedHash } from "../../vault/keys.ts";
import type { AppEnv } from "../env.ts";
import { plainRejection, reject, Unavailable } from "../errors.ts";
import { makeClaim, takeIdempotencyKey } from "../idempotency.ts";
import { isoTime } from "../keys.ts";
import { requirePublicOrSecretKey } from "../middleware/authenticate.ts";
import { allowCrossOrigin } from "../middleware/cors.ts";
import { measure } from "../middleware/observe.ts";
import { readJson } from "../middleware/read-json.ts";
import { validateJson } from "../middleware/validate.ts";
import { createToken } from "../schemas/tokens.ts";

export const tokens = new Hono<AppEnv>()
  .use("/", allowCrossOrigin("POST"))
  .post(
    "/",
    requirePublicOrSecretKey("payments:write"),
    takeIdempotencyKey,
    readJson,
    validateJson(createToken),
    async (c) => {
      const { merchantId, mode, keyType, rawCards } = c.get("caller");
      // A browser may send a card here in live mode; a server that does is in PCI scope, as with any raw card.
      if (mode === "live" && keyType === "secret" && !rawCards) return reject(c, plainRejection("raw_card_disabled"));
      const owner = { masterKey: c.env.MASTER_KEY, merchantId, mode };
      const { view, card } = takeCard(c.req.valid("json").card, owner);
      const token: NewToken = { id: tokenId(c), view, card, fingerprint: makeClaim(c)?.fingerprint ?? null };
      const reply = await measure(c, "vault", () => keep(c, token));
      if (!reply.ok) return reject(c, reply.rejection);
      if (reply.replayed) c.header("idempotent-replayed", "true");
      return c.json({ id: token.id, card: show(reply.view), expires: isoTime(reply.expires) }, 201);
    },
  );

/** A keyed request reaches the same token again, without a look-up; an unkeyed one makes a new one. */
function tokenId(c: Context<AppEnv>): string {
  const { merchantId, mode } = c.get("caller");
  const key = c.get("idempotencyKey");
  if (key === null) return plainId("tok", crypto.getRandomValues(new Uint8Array(15)));
  return plainId("tok", keyedHash(c.env.MASTER_KEY, "idempotency", `tok/v1\n${merchantId}\n${mode}\n${key}`));
}

/** Making a token is safe to repeat: its id is fixed. */
async function keep(c: Context<AppEnv>, token: NewToken): Promise<TokenReply> {
  const make = () => openVault(c.env, c.get("caller"), token.id).makeToken(token);
  try {
    return await make().catch(make);
  } catch (cause) {
    throw new Unavailable("the vault did not answer twice", { cause });
  }
}

/** Without the fingerprint: whoever has only a publishable key could use it to compare cards. */
function show({ card }: PaymentMethodView) {
  if (card === undefined) throw new Error("a token without a card");
  const { fingerprint: _fingerprint, ...shown } = card;
  return shown;
}
