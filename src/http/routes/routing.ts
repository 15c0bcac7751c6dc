import { Hono } from "hono";
import {
  activateRouting,
  isOutdated,
  listRoutingVersions,
  putRouting,
  readActiveRouting,
  readRoutingVersion,
} from "../../projection/routing.ts";
import { answerOnce } from "../answer-once.ts";
import { checkCustomerId } from "../customer.ts";
import type { AppEnv } from "../env.ts";
import { reject } from "../errors.ts";
import { takeIdempotencyKey } from "../idempotency.ts";
import { rejectIssues, rejectParameter } from "../issues.ts";
import { readCursor, writeList } from "../list.ts";
import { requireKey } from "../middleware/authenticate.ts";
import { requirePlainId } from "../middleware/path-id.ts";
import { readJson, readRoutingJson } from "../middleware/read-json.ts";
import { validateJson, validateQuery } from "../middleware/validate.ts";
import {
  answerPure,
  defaultRouting,
  expectedVersion,
  lintBody,
  makeRoutingId,
  OUTDATED,
  routingAccounts,
  showVersion,
} from "../routing.ts";
import { runBacktest } from "../routing-backtest.ts";
import { simulate } from "../routing-simulation.ts";
import { pageQuery } from "../schemas/common.ts";
import { createPayment, emptyBody } from "../schemas/payment.ts";
import { rejectUnknown } from "../shard-call.ts";
import { tellShards } from "../tell-shards.ts";

const reads = requireKey("config:read");
const writes = requireKey("config:write");
const requireVersionId = requirePlainId("rt");

export const routing = new Hono<AppEnv>()
  .get("/", reads, async (c) => {
    const active = await readActiveRouting(c.env.DB, c.get("caller"));
    if (active === null) return c.json(defaultRouting(await routingAccounts(c)));
    c.header("etag", `"${active.id}"`);
    return c.json(showVersion(active, active.id));
  })
  .put("/", writes, readRoutingJson, async (c) => {
    const { issues, config } = lintBody(c, c.get("body"), await routingAccounts(c));
    if (config === null) return reject(c, rejectIssues(issues));
    const { merchantId, mode } = c.get("caller");
    const row = { id: makeRoutingId(), merchantId, mode, config, created: Date.now() };
    try {
      const stored = await putRouting(c.env.DB, row, expectedVersion(c));
      await tellShards(c, (shard) => shard.forgetConfiguration());
      c.header("etag", `"${stored.id}"`);
      return c.json(showVersion(stored, stored.id));
    } catch (error) {
      if (!isOutdated(error)) throw error;
      return reject(c, OUTDATED);
    }
  })
  .get("/versions", reads, validateQuery(pageQuery), async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const after = readCursor(cursor);
    if (after === undefined) return reject(c, rejectParameter("cursor", "is not a cursor of this list"));
    const caller = c.get("caller");
    const rows = await listRoutingVersions(c.env.DB, caller, limit, after);
    const active = await readActiveRouting(c.env.DB, caller);
    return c.json(writeList(rows, limit, (row) => showVersion(row, active?.id ?? null)));
  })
  .get("/versions/:id", reads, requireVersionId, async (c) => {
    const caller = c.get("caller");
    const row = await readRoutingVersion(c.env.DB, caller, c.req.param("id"));
    if (row === null) return rejectUnknown(c);
    return c.json(showVersion(row, (await readActiveRouting(c.env.DB, caller))?.id ?? null));
  })
  .post(
    "/versions/:id/activate",
    writes,
    requireVersionId,
    takeIdempotencyKey,
    readJson,
    validateJson(emptyBody),
    async (c) => {
      const caller = c.get("caller");
      const row = await readRoutingVersion(c.env.DB, caller, c.req.param("id"));
      if (row === null) return rejectUnknown(c);
      try {
        const response = await answerOnce(c, `${caller.merchantId}\n${caller.mode}`, async () => ({
          status: 200,
          answer: showVersion(row, row.id),
          statements: [activateRouting(c.env.DB, caller, row.id, expectedVersion(c))],
        }));
        await tellShards(c, (shard) => shard.forgetConfiguration());
        if (response.ok) response.headers.set("etag", `"${row.id}"`);
        return response;
      } catch (error) {
        if (!isOutdated(error)) throw error;
        return reject(c, OUTDATED);
      }
    },
  )
  .post("/lint", reads, takeIdempotencyKey, readRoutingJson, (c) =>
    answerPure(c, async () => {
      const { issues, warnings } = lintBody(c, c.get("body"), await routingAccounts(c));
      return { answer: { valid: issues.length === 0, issues, warnings } };
    }),
  )
  .post("/simulate", reads, takeIdempotencyKey, readJson, validateJson(createPayment, checkCustomerId), (c) =>
    answerPure(c, () => simulate(c, c.req.valid("json"))),
  )
  .post("/backtest", reads, takeIdempotencyKey, readRoutingJson, (c) => answerPure(c, () => runBacktest(c)));
