/** What the sandbox processor shows: its ledger to the merchant, its bank's page to the shopper. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { decideChallenge, readChallenge, readSandboxLedger } from "../../connectors/registry.ts";
import { isPaymentId, shardOfPayment } from "../../domain/ids.ts";
import type { AppEnv } from "../env.ts";
import { plainRejection, reject, Unavailable } from "../errors.ts";
import { rejectParameter } from "../issues.ts";
import { requireKey } from "../middleware/authenticate.ts";
import { measure } from "../middleware/observe.ts";
import { validateQuery } from "../middleware/validate.ts";
import { challengePage, unknownChallengePage } from "../pages/challenge.ts";
import { PAGE_POLICY } from "../pages/layout.ts";
import { page } from "../schemas/common.ts";
import { rejectUnknown, shardAddress } from "../shard-call.ts";

export const ledgerQuery = z.object({
  ...page,
  paymentId: z.string().meta({ description: "Whose operations to show.", example: "pay_…" }),
});

/** A decision is one word. */
const limitForm = bodyLimit({ maxSize: 4096, onError: (c) => reject(c, plainRejection("body_too_large")) });

export const sandboxRoutes = new Hono<AppEnv>()
  .get("/api/sandbox/ledger", requireKey("payments:read"), validateQuery(ledgerQuery), async (c) => {
    const { paymentId, limit, cursor = null } = c.req.valid("query");
    const { merchantId, mode } = c.var.caller;
    if (mode !== "test" || !isPaymentId(paymentId)) return rejectUnknown(c);
    // The books would show an empty page for somebody else's payment; the payment's own shard knows that it is not here.
    const address = shardAddress(c.var.caller, shardOfPayment(paymentId));
    const payment = await measure(c, "shard", () =>
      c.var.openShard(c.env, address).read(address, paymentId, null),
    ).catch(becomeUnavailable);
    if (!payment.ok) return reject(c, payment.rejection);
    const read = () => readSandboxLedger(c.env, { merchantId, paymentId, limit, cursor });
    const ledger = await measure(c, "sandbox", read).catch(becomeUnavailable);
    if (ledger === null) return reject(c, rejectParameter("cursor", "must be the nextCursor of a page before"));
    return c.json(ledger);
  })
  .get("/sandbox/challenge/:id", async (c) => {
    const view = await readChallenge(c.env, c.req.param("id")).catch(becomeUnavailable);
    if (view === null) return writeUnknown(c);
    if (!view.isOpen) return c.redirect(view.back, 303);
    c.header("content-security-policy", PAGE_POLICY);
    return c.html(challengePage(view, c.req.path));
  })
  .post("/sandbox/challenge/:id", limitForm, async (c) => {
    const form = new URLSearchParams(new TextDecoder().decode(await c.req.arrayBuffer()));
    const decision = readDecision(form, c.req.query("decision"));
    if (decision === null) return reject(c, rejectParameter("decision", "must be approve or reject"));
    const approves = decision === "approve";
    const back = await decideChallenge(c.env, c.req.param("id"), approves).catch(becomeUnavailable);
    return back === null ? writeUnknown(c) : c.redirect(back, 303);
  });

/** The button that was pressed says it; where only its form was sent, the form's address does. */
function readDecision(form: URLSearchParams, asked: string | undefined): "approve" | "reject" | null {
  if (form.has("approve") !== form.has("reject")) return form.has("approve") ? "approve" : "reject";
  return asked === "approve" || asked === "reject" ? asked : null;
}

function writeUnknown(c: Context<AppEnv>) {
  c.header("content-security-policy", PAGE_POLICY);
  return c.html(unknownChallengePage(), 404);
}

function becomeUnavailable(cause: unknown): never {
  throw new Unavailable("the sandbox processor does not answer", { cause });
}
