import { type Context, Hono } from "hono";
import { connectorNamed } from "../../connectors/registry.ts";
import { ownerOf } from "../../projection/record.ts";
import {
  type AccountRow,
  countOpenPayments,
  deleteAccount,
  insertAccount,
  listAccounts,
  readAccount,
  updateAccount,
} from "../../projection/connector-accounts.ts";
import { isUniqueViolation } from "../../projection/database-error.ts";
import { answerOnce } from "../answer-once.ts";
import {
  checkNewAccount,
  findAccountIssues,
  makeAccountId,
  makeWebhookSecret,
  openCredentials,
  sealCredentials,
  showAccount,
} from "../connector-accounts.ts";
import type { AppEnv } from "../env.ts";
import { reject } from "../errors.ts";
import { takeIdempotencyKey } from "../idempotency.ts";
import { rejectIssues, rejectParameter } from "../issues.ts";
import { readCursor, writeList } from "../list.ts";
import { requireKey } from "../middleware/authenticate.ts";
import { requirePlainId } from "../middleware/path-id.ts";
import { readJson } from "../middleware/read-json.ts";
import { validateJson, validateQuery } from "../middleware/validate.ts";
import { pageQuery } from "../schemas/common.ts";
import { createConnector, updateConnector } from "../schemas/connectors.ts";
import { rejectUnknown } from "../shard-call.ts";
import { tellShards } from "../tell-shards.ts";

const MAX_FLUSH_MS = 250;
const reads = requireKey("config:read");
const writes = requireKey("config:write");
const requireAccountId = requirePlainId("ca");

export const connectors = new Hono<AppEnv>()
  .get("/", reads, validateQuery(pageQuery), async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const after = readCursor(cursor);
    if (after === undefined) return reject(c, rejectParameter("cursor", "is not a cursor of this list"));
    const rows = await listAccounts(c.env.DB, c.get("caller"), limit, after);
    return c.json(writeList(rows, limit, (row) => showAccount(row, originOf(c))));
  })
  .post("/", writes, takeIdempotencyKey, readJson, validateJson(createConnector, checkNewAccount), async (c) => {
    const { credentials, settings, ...wish } = c.req.valid("json");
    const { merchantId, mode } = c.get("caller");
    const secret = wish.connector === "sandbox" ? { webhookSecret: makeWebhookSecret() } : {};
    const id = makeAccountId();
    const sealed = await sealCredentials(c.env, id, credentials);
    const row: AccountRow = {
      ...wish,
      ...sealed,
      id,
      merchantId,
      mode,
      settings: { ...secret, ...settings },
      created: Date.now(),
    };
    try {
      const thing = {
        status: 201 as const,
        answer: showAccount(row, originOf(c)),
        statements: [insertAccount(c.env.DB, row)] as const,
      };
      const response = await answerOnce(c, `${merchantId}\n${mode}`, async () => thing);
      await tellShards(c, (shard) => shard.forgetConfiguration());
      return response;
    } catch (error) {
      if (!isUniqueViolation(error, "connector_accounts.label")) throw error;
      return reject(c, rejectParameter("label", "is the label of another account"));
    }
  })
  .get("/:id", reads, requireAccountId, async (c) => {
    const row = await readAccount(c.env.DB, c.get("caller"), c.req.param("id"));
    return row === null ? rejectUnknown(c) : c.json(showAccount(row, originOf(c)));
  })
  .patch("/:id", writes, requireAccountId, readJson, validateJson(updateConnector), async (c) => {
    const row = await readAccount(c.env.DB, c.get("caller"), c.req.param("id"));
    const connector = row === null ? undefined : connectorNamed(row.connector);
    if (row === null || connector === undefined) return rejectUnknown(c);
    const { credentials: newCredentials = {}, settings: newSettings = {}, enabled = row.enabled } = c.req.valid("json");
    const credentials = { ...(await openCredentials(c.env, row)), ...newCredentials };
    const settings = mergeSettings(row.settings, newSettings);
    const issues = findAccountIssues(connector, credentials, settings);
    if (issues.length > 0) return reject(c, rejectIssues(issues));
    const changed = { ...row, ...(await sealCredentials(c.env, row.id, credentials)), settings, enabled };
    await updateAccount(c.env.DB, c.get("caller"), changed);
    await tellShards(c, (shard) => shard.forgetConfiguration());
    return c.json(showAccount(changed, originOf(c)));
  })
  .delete("/:id", writes, requireAccountId, async (c) => {
    const caller = c.get("caller");
    const row = await readAccount(c.env.DB, caller, c.req.param("id"));
    if (row === null) return rejectUnknown(c);
    // The read model is asked, so it has to know what was committed until now.
    await tellShards(c, (shard) => shard.flush(MAX_FLUSH_MS));
    const open = await countOpenPayments(c.env.DB, ownerOf(caller.merchantNumber, caller.mode), row.label);
    if (open > 0) {
      return reject(c, {
        code: "operation_in_progress",
        message: `The account holds ${open} open payments; disable it and let them end.`,
      });
    }
    await deleteAccount(c.env.DB, caller, row.id);
    await tellShards(c, (shard) => shard.forgetConfiguration());
    return c.json({ id: row.id, deleted: true });
  });

function originOf(c: Context<AppEnv>): string {
  return new URL(c.req.url).origin;
}

/** By name; null removes. */
function mergeSettings(
  old: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...old, ...changes }).filter(([, value]) => value !== null));
}
