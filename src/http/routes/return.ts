import { type Context, Hono } from "hono";
import { parseChildId, shardOfPayment } from "../../domain/ids.ts";
import { shardName } from "../../durable/shard-api.ts";
import { readReturnTicket } from "../../vault/return-ticket.ts";
import type { AppEnv } from "../env.ts";
import { Unavailable } from "../errors.ts";
import { measure } from "../middleware/observe.ts";
import { PAGE_POLICY } from "../pages/layout.ts";
import { returnedPage, unknownReturnPage } from "../pages/return.ts";

/** Adyen's `redirectResult` may be 20,000 characters long; anything more is not from a processor. */
const MAX_RETURNED_FIELDS = 20;
const MAX_RETURNED_CHARACTERS = 24_000;

/** Where shoppers come back to from a challenge or a redirect. Some processors send them with a form. */
export const returns = new Hono<AppEnv>().on(["GET", "POST"], "/return/:ticket", async (c) => {
  const ticket = readReturnTicket(c.env.MASTER_KEY, c.req.param("ticket"));
  const paymentId = parseChildId("att", ticket?.attemptId ?? "")?.paymentId;
  if (ticket === null || paymentId === undefined) return writeUnknown(c);
  const { merchantId, mode, attemptId } = ticket;
  const name = shardName({ merchantId, mode, shard: shardOfPayment(paymentId) });
  const resumed = c.env.PAYMENT_SHARD.getByName(name).resume(attemptId, await readReturned(c));
  const answered = measure(c, "shard", () => resumed);
  // The shopper may close the page; the payment goes on.
  c.executionCtx.waitUntil(answered.catch(() => undefined));
  const shopper = await answered.catch((cause: unknown) => {
    throw new Unavailable("the shard did not answer", { cause });
  });
  if (shopper === null) return writeUnknown(c);
  c.header("cache-control", "no-store");
  if (shopper.returnUrl !== null) return c.redirect(merchantPage(shopper.returnUrl, shopper), 303);
  c.header("content-security-policy", PAGE_POLICY);
  return c.html(returnedPage(shopper.status));
});

function merchantPage(returnUrl: string, { paymentId, status }: { paymentId: string; status: string }): string {
  const url = new URL(returnUrl);
  url.searchParams.set("paymentId", paymentId);
  url.searchParams.set("status", status);
  return url.href;
}

async function readReturned(c: Context<AppEnv>): Promise<Record<string, string>> {
  const fields = [...new URL(c.req.url).searchParams];
  const isForm = c.req.header("content-type")?.startsWith("application/x-www-form-urlencoded") ?? false;
  const declared = Number(c.req.header("content-length") ?? "0");
  if (c.req.method === "POST" && isForm && declared <= MAX_RETURNED_CHARACTERS) {
    fields.push(...new URLSearchParams(await c.req.text()));
  }
  const kept = fields.slice(0, MAX_RETURNED_FIELDS);
  const size = kept.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return size > MAX_RETURNED_CHARACTERS ? {} : Object.fromEntries(kept);
}

function writeUnknown(c: Context<AppEnv>) {
  c.header("content-security-policy", PAGE_POLICY);
  return c.html(unknownReturnPage(), 404);
}
