import { type Context, Hono } from "hono";
import {
  countEndpoints,
  deleteEndpoint,
  type EndpointRow,
  insertEndpoint,
  listEndpoints,
  readEndpoint,
  updateEndpoint,
} from "../../projection/webhook-endpoints.ts";
import { answerOnce } from "../answer-once.ts";
import type { AppEnv } from "../env.ts";
import { reject } from "../errors.ts";
import { takeIdempotencyKey } from "../idempotency.ts";
import { rejectParameter } from "../issues.ts";
import { readCursor, writeList } from "../list.ts";
import { requireKey } from "../middleware/authenticate.ts";
import { logFault } from "../middleware/observe.ts";
import { requirePlainId } from "../middleware/path-id.ts";
import { readJson } from "../middleware/read-json.ts";
import { validateJson, validateQuery } from "../middleware/validate.ts";
import { emptyBody } from "../schemas/payment.ts";
import { pageQuery } from "../schemas/common.ts";
import * as schemas from "../schemas/webhook-endpoints.ts";
import { rejectUnknown } from "../shard-call.ts";
import {
  callEndpoint,
  checkUrl,
  makeEndpoint,
  makeSealedSecret,
  showDelivery,
  showEndpoint,
} from "../webhook-endpoints.ts";

/** A bound on what one transition can cause. */
const MAX_ENDPOINTS = 16;
class TooManyEndpoints extends Error {}

const HOUR_MS = 3_600_000;
const reads = requireKey("config:read");
const writes = requireKey("config:write");
const requireEndpointId = requirePlainId("we");

export const webhookEndpoints = new Hono<AppEnv>()
  .get("/", reads, validateQuery(pageQuery), async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const after = readCursor(cursor);
    if (after === undefined) return reject(c, rejectParameter("cursor", "is not a cursor of this list"));
    const rows = await listEndpoints(c.env.DB, c.get("caller"), limit, after);
    return c.json(writeList(rows, limit, showEndpoint));
  })
  .post("/", writes, takeIdempotencyKey, readJson, validateJson(schemas.createEndpoint, checkUrl), async (c) => {
    const caller = c.get("caller");
    const wish = c.req.valid("json");
    try {
      return await answerOnce(c, scopeOf(c), async () => {
        if ((await countEndpoints(c.env.DB, caller)) >= MAX_ENDPOINTS) throw new TooManyEndpoints();
        const { row, secret } = await makeEndpoint(c.env, caller, wish, Date.now());
        return { status: 201, answer: { ...showEndpoint(row), secret }, statements: [insertEndpoint(c.env.DB, row)] };
      });
    } catch (error) {
      if (!(error instanceof TooManyEndpoints)) throw error;
      return reject(c, rejectParameter("url", `would be endpoint number ${MAX_ENDPOINTS + 1}: delete another first`));
    }
  })
  .get("/:id", reads, requireEndpointId, async (c) => {
    const row = await findEndpoint(c);
    return row === null ? rejectUnknown(c) : c.json(showEndpoint(row));
  })
  .patch("/:id", writes, requireEndpointId, readJson, validateJson(schemas.updateEndpoint, checkUrl), async (c) => {
    const row = await findEndpoint(c);
    if (row === null) return rejectUnknown(c);
    const { enabled = row.enabled, ...changes } = c.req.valid("json");
    const changed = { ...row, ...changes, ...switchTo(row, enabled, Date.now()) };
    await updateEndpoint(c.env.DB, c.get("caller"), row.id, changed);
    await tellEndpoint(c, row.id);
    return c.json(showEndpoint(changed));
  })
  .delete("/:id", writes, requireEndpointId, async (c) => {
    const row = await findEndpoint(c);
    if (row === null) return rejectUnknown(c);
    await deleteEndpoint(c.env.DB, c.get("caller"), row.id);
    await callEndpoint(c, row.id, (endpoint) => endpoint.erase()).catch((error: unknown) => logFault(c, error));
    return c.json({ id: row.id, deleted: true });
  })
  .post(
    "/:id/rotate-secret",
    writes,
    requireEndpointId,
    takeIdempotencyKey,
    readJson,
    validateJson(schemas.rotateSecret),
    async (c) => {
      const row = await findEndpoint(c);
      if (row === null) return rejectUnknown(c);
      const previousUntil = Date.now() + c.req.valid("json").overlapHours * HOUR_MS;
      const response = await answerOnce(c, scopeOf(c), async () => {
        const { secret, sealed } = await makeSealedSecret(c.env, row.id);
        const changes = { sealedSecret: sealed, sealedPreviousSecret: row.sealedSecret, previousUntil };
        return {
          status: 200,
          answer: { ...showEndpoint({ ...row, ...changes }), secret },
          statements: [updateEndpoint(c.env.DB, c.get("caller"), row.id, changes)],
        };
      });
      await tellEndpoint(c, row.id);
      return response;
    },
  )
  .get("/:id/deliveries", reads, requireEndpointId, validateQuery(pageQuery), async (c) => {
    const row = await findEndpoint(c);
    if (row === null) return rejectUnknown(c);
    const { limit, cursor } = c.req.valid("query");
    if (cursor !== undefined && !/^[1-9]\d{0,14}$/.test(cursor)) {
      return reject(c, rejectParameter("cursor", "is not a cursor of this list"));
    }
    const before = cursor === undefined ? null : Number(cursor);
    const page = await callEndpoint(c, row.id, (endpoint) => endpoint.listDeliveries({ limit, before }));
    const data = page.deliveries.map((delivery) => showDelivery(row.id, delivery));
    return c.json({ data, hasMore: page.next !== null, nextCursor: page.next === null ? null : String(page.next) });
  })
  .post("/:id/test", writes, requireEndpointId, takeIdempotencyKey, readJson, validateJson(emptyBody), async (c) => {
    const row = await findEndpoint(c);
    if (row === null) return rejectUnknown(c);
    return answerOnce(c, scopeOf(c), async () => {
      const delivery = await callEndpoint(c, row.id, (endpoint) => endpoint.ping(row.id));
      return { status: 200, answer: delivery === null ? null : showDelivery(row.id, delivery), statements: [] };
    });
  });

/** Behind `requireEndpointId`. */
function findEndpoint(c: Context<AppEnv>): Promise<EndpointRow | null> {
  return readEndpoint(c.env.DB, c.get("caller"), c.req.param("id") ?? "");
}

function switchTo(row: EndpointRow, enabled: boolean, now: number): Partial<EndpointRow> {
  if (enabled === row.enabled) return {};
  // Never the same instant twice: the object tells by it that it has been enabled anew.
  if (enabled) return { enabled, disabledReason: null, activeSince: Math.max(now, row.activeSince + 1) };
  return { enabled, disabledReason: "requested" };
}

/** One that cannot be reached reads its settings again by itself, within half a minute. */
async function tellEndpoint(c: Context<AppEnv>, id: string): Promise<void> {
  await callEndpoint(c, id, (endpoint) => endpoint.refresh(id)).catch((error: unknown) => logFault(c, error));
}

function scopeOf(c: Context<AppEnv>): string {
  const { merchantId, mode } = c.get("caller");
  return `${merchantId}\n${mode}`;
}
