/** What the sandbox processor shows: its ledger to the merchant, its bank's page to the shopper. */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { parseChallengeId } from "../../connectors/sandbox/challenge-id.ts";
import type { SandboxProcessor } from "../../connectors/sandbox/processor.ts";
import { isPaymentId } from "../../domain/ids.ts";
import type { AppEnv } from "../env.ts";
import { plainRejection, reject, Unavailable } from "../errors.ts";
import { rejectParameter } from "../issues.ts";
import { requireKey } from "../middleware/authenticate.ts";
import { measure } from "../middleware/observe.ts";
import { validateQuery } from "../middleware/validate.ts";
import { CHALLENGE_POLICY, challengePage, unknownChallengePage } from "../pages/challenge.ts";
import { page } from "../schemas/common.ts";
import { rejectUnknown } from "../shard-call.ts";

export const ledgerQuery = z.object({ ...page, paymentId: z.string().meta({ description: "Whose operations to show.", example: "pay_…" }) });

/** A decision is one word. */
const limitForm = bodyLimit({ maxSize: 4096, onError: (c) => reject(c as unknown as Context<AppEnv>, plainRejection("body_too_large")) });

export const sandboxRoutes = new Hono<AppEnv>()
  .get("/api/sandbox/ledger", requireKey("payments:read"), validateQuery(ledgerQuery), async (c) => {
    const { paymentId, limit, cursor = null } = c.req.valid("query");
    const { merchantId, mode } = c.var.caller;
    if (mode !== "test" || !isPaymentId(paymentId)) return rejectUnknown(c);
    const processor = c.env.SANDBOX_PROCESSOR.getByName(merchantId);
    const ledger = await measure(c, "sandbox", () => processor.readLedger(paymentId, limit, cursor)).catch(becomeUnavailable);
    return ledger === null ? reject(c, rejectParameter("cursor", "must be the nextCursor of a page before")) : c.json(ledger);
  })
  .get("/sandbox/challenge/:id", async (c) => {
    const found = findChallenge(c);
    const view = (await found?.processor.readChallenge(found.token).catch(becomeUnavailable)) ?? null;
    if (view === null) return writeUnknown(c);
    if (!view.isOpen) return c.redirect(view.back, 303);
    c.header("content-security-policy", CHALLENGE_POLICY);
    return c.html(challengePage(view, c.req.path));
  })
  .post("/sandbox/challenge/:id", limitForm, async (c) => {
    const found = findChallenge(c);
    if (found === null) return writeUnknown(c);
    const decision = readDecision(new URLSearchParams(new TextDecoder().decode(await c.req.arrayBuffer())), c.req.query("decision"));
    if (decision === null) return reject(c, rejectParameter("decision", "must be approve or reject"));
    const back = await found.processor.decideChallenge(found.token, decision === "approve").catch(becomeUnavailable);
    return back === null ? writeUnknown(c) : c.redirect(back, 303);
  });

function findChallenge(c: Context<AppEnv>): { processor: DurableObjectStub<SandboxProcessor>; token: string } | null {
  const parsed = parseChallengeId(c.req.param("id") ?? "");
  if (parsed === null) return null;
  try {
    // Refuses an id that the platform has not made for this class, so nothing is woken by a guess.
    const objectId = c.env.SANDBOX_PROCESSOR.idFromString(parsed.objectId);
    return { processor: c.env.SANDBOX_PROCESSOR.get(objectId), token: parsed.token };
  } catch {
    return null;
  }
}

/** The button that was pressed says it; where only its form was sent, the form's address does. */
function readDecision(form: URLSearchParams, asked: string | undefined): "approve" | "reject" | null {
  if (form.has("approve") !== form.has("reject")) return form.has("approve") ? "approve" : "reject";
  return asked === "approve" || asked === "reject" ? asked : null;
}

function writeUnknown(c: Context<AppEnv>) {
  c.header("content-security-policy", CHALLENGE_POLICY);
  return c.html(unknownChallengePage(), 404);
}

function becomeUnavailable(cause: unknown): never {
  throw new Unavailable("the sandbox processor does not answer", { cause });
}
