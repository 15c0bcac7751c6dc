import type { Context, Hono } from "hono";
import type * as z from "zod";
import { type PaymentFilters, type PaymentPage, listPayments } from "../../projection/queries.ts";
import { ownerOf } from "../../projection/record.ts";
import { clientSecretOf } from "../../vault/client-secret.ts";
import { customerIdOf } from "../../vault/customer-id.ts";
import type { AppEnv } from "../env.ts";
import { Unavailable } from "../errors.ts";
import { flushOwnWrites } from "../flush-own-writes.ts";
import { measure } from "../middleware/observe.ts";
import { requireKey } from "../middleware/authenticate.ts";
import { validateQuery } from "../middleware/validate.ts";
import { listPaymentsQuery } from "../schemas/list-payments.ts";

/** `GET /api/payments`: from the read model, a merchant's own writes included while D1 is well. */
export function registerListPayments(app: Hono<AppEnv>): void {
  app.get("/api/payments", requireKey("payments:read"), validateQuery(listPaymentsQuery), async (c) => {
    const { limit, cursor, ...asked } = c.req.valid("query");
    const { merchantNumber, mode } = c.var.caller;
    const filters = filtersOf(c, asked);
    if (filters === null) return writePage(c, { bodies: [], hasMore: false, nextCursor: null });
    await measure(c, "flush", () => flushOwnWrites(c));
    const page = { limit, cursor: cursor ?? null };
    const read = () => listPayments(c.env.DB, ownerOf(merchantNumber, mode), filters, page);
    return writePage(c, await measure(c, "d1", read).catch(becomeUnavailable));
  });
}

type Asked = Omit<z.output<typeof listPaymentsQuery>, "limit" | "cursor">;

/** An email stands for the customer it makes. Null where it is not the customer asked for: nothing can match. */
function filtersOf(c: Context<AppEnv>, { email, ...filters }: Asked): PaymentFilters | null {
  if (email === undefined) return filters;
  const customerId = customerIdOf(c.env.MASTER_KEY, c.var.caller, email);
  return filters.customerId === undefined || filters.customerId === customerId ? { ...filters, customerId } : null;
}

function becomeUnavailable(cause: unknown): never {
  throw new Unavailable("the read model does not answer", { cause });
}

/** The bodies are JSON already; each gets the secret that no table holds. */
function writePage(c: Context<AppEnv>, { bodies, hasMore, nextCursor }: PaymentPage): Response {
  const data = bodies.map(({ id, body }) => {
    const secret = JSON.stringify(clientSecretOf(c.env.MASTER_KEY, id));
    return `${body.slice(0, -1)},"clientSecret":${secret}}`;
  });
  const rest = `"hasMore":${hasMore},"nextCursor":${JSON.stringify(nextCursor)}`;
  return c.body(`{"data":[${data.join(",")}],${rest}}`, 200, { "content-type": "application/json" });
}
