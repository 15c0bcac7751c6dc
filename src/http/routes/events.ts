import { type Context, Hono } from "hono";
import { isPaymentId, isPlainId, parseChildId, shardOfPayment } from "../../domain/ids.ts";
import type { StoredEvent } from "../../durable/webhook-endpoint-api.ts";
import { type EventPlace, type ListedEvent, listEvents, readEvent } from "../../projection/events.ts";
import { ownerOf } from "../../projection/record.ts";
import { listEndpoints, readEndpoint } from "../../projection/webhook-endpoints.ts";
import { clientSecretOf } from "../../vault/client-secret.ts";
import { withClientSecret } from "../../webhooks/event-text.ts";
import { answerOnce } from "../answer-once.ts";
import type { AppEnv } from "../env.ts";
import { reject } from "../errors.ts";
import { flushOwnWrites, flushShard } from "../flush-own-writes.ts";
import { takeIdempotencyKey } from "../idempotency.ts";
import { rejectParameter } from "../issues.ts";
import { requireKey } from "../middleware/authenticate.ts";
import { measure } from "../middleware/observe.ts";
import { requireEventId } from "../middleware/path-id.ts";
import { readJson } from "../middleware/read-json.ts";
import { validateJson, validateQuery } from "../middleware/validate.ts";
import { listEventsQuery, redeliverEvent } from "../schemas/events.ts";
import { rejectUnknown } from "../shard-call.ts";
import { callEndpoint, showDelivery } from "../webhook-endpoints.ts";

const MAX_ENDPOINTS = 100;
const reads = requireKey("payments:read");
const writes = requireKey("config:write");

export const events = new Hono<AppEnv>()
  .get("/", reads, validateQuery(listEventsQuery), async (c) => {
    const { limit, cursor, after, ...filters } = c.req.valid("query");
    if (filters.paymentId !== undefined && !isPaymentId(filters.paymentId)) return writePage(c, [], limit, null);
    await measure(c, "flush", () => flushOwnWrites(c));
    const place = await findPlace(c, cursor, after);
    if (typeof place === "string") return reject(c, rejectParameter(place, "is none that this list has given out"));
    const rows = await measure(c, "d1", () => listEvents(c.env.DB, ownerOfCaller(c), filters, { limit, place }));
    return writePage(c, rows, limit, place);
  })
  .get("/:id", reads, requireEventId, async (c) => {
    const event = await findEvent(c, c.req.param("id"));
    return event === null ? rejectUnknown(c) : writeJson(c, textOf(c, event));
  })
  .post(
    "/:id/redeliver",
    writes,
    requireEventId,
    takeIdempotencyKey,
    readJson,
    validateJson(redeliverEvent),
    async (c) => {
      const event = await findEvent(c, c.req.param("id"));
      if (event === null) return rejectUnknown(c);
      const endpoints = await findTargets(c, c.req.valid("json").endpointId);
      if (endpoints === null) return reject(c, rejectParameter("endpointId", "is no enabled endpoint of yours"));
      const { merchantId, mode } = c.get("caller");
      return answerOnce(c, `${merchantId}\n${mode}`, async () => {
        const deliveries = await Promise.all(endpoints.map((id) => redeliver(c, id, event)));
        const data = deliveries.filter((delivery) => delivery !== null);
        return { status: 200, answer: { data, hasMore: false, nextCursor: null }, statements: [] };
      });
    },
  );

async function redeliver(c: Context<AppEnv>, endpointId: string, event: ListedEvent) {
  const { type } = JSON.parse(event.body) as { type: string };
  const { paymentId, ordinal } = parseChildId("evt", event.id) ?? { paymentId: "", ordinal: 0 };
  const stored: StoredEvent = { paymentId, sequence: ordinal, type, body: event.body };
  const delivery = await callEndpoint(c, endpointId, (endpoint) => endpoint.redeliver(endpointId, stored));
  return delivery === null ? null : showDelivery(endpointId, delivery);
}

/** Null where the one that was asked for cannot be sent to. */
async function findTargets(c: Context<AppEnv>, only: string | undefined): Promise<string[] | null> {
  const caller = c.get("caller");
  if (only === undefined) {
    const rows = await listEndpoints(c.env.DB, caller, MAX_ENDPOINTS, null);
    return rows.filter(({ enabled }) => enabled).map(({ id }) => id);
  }
  const row = isPlainId("we", only) ? await readEndpoint(c.env.DB, caller, only) : null;
  return row?.enabled === true ? [row.id] : null;
}

/** A webhook may arrive a moment before D1 has its event: then the payment's shard is asked to hurry. */
async function findEvent(c: Context<AppEnv>, id: string): Promise<ListedEvent | null> {
  const find = () => measure(c, "d1", () => readEvent(c.env.DB, ownerOfCaller(c), id));
  const found = await find();
  if (found !== null) return found;
  await flushShard(c, shardOfPayment(parseChildId("evt", id)?.paymentId ?? ""));
  return find();
}

/** The parameter that is wrong, or where the page begins. */
async function findPlace(
  c: Context<AppEnv>,
  cursor: string | undefined,
  after: string | undefined,
): Promise<EventPlace | "cursor" | "after"> {
  if (cursor !== undefined) return readCursor(cursor) ?? "cursor";
  if (after === undefined) return null;
  const event = parseChildId("evt", after) === null ? null : await findEvent(c, after);
  return event === null ? "after" : { after: event.position };
}

const CURSOR = /^(?:a(\d{1,15})|b(\d{1,15})\.(evt_[0-9a-z]+))$/;

function readCursor(cursor: string): EventPlace {
  const match = CURSOR.exec(Buffer.from(cursor, "base64url").toString("latin1"));
  if (match === null) return null;
  const [, position, created, id = ""] = match;
  return position === undefined ? { before: { created: Number(created), id } } : { after: Number(position) };
}

/** The events are JSON already, and stay the bytes that webhooks carried. */
function writePage(c: Context<AppEnv>, rows: readonly ListedEvent[], limit: number, place: EventPlace): Response {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const isAscending = place !== null && "after" in place;
  const cursor = isAscending ? `a${last?.position}` : `b${last?.created}.${last?.id}`;
  const hasMore = rows.length > limit;
  const nextCursor = hasMore ? Buffer.from(cursor).toString("base64url") : null;
  const data = shown.map((event) => textOf(c, event)).join(",");
  return writeJson(c, `{"data":[${data}],"hasMore":${hasMore},"nextCursor":${JSON.stringify(nextCursor)}}`);
}

function textOf(c: Context<AppEnv>, { id, body }: ListedEvent): string {
  return withClientSecret(body, clientSecretOf(c.env.MASTER_KEY, parseChildId("evt", id)?.paymentId ?? ""));
}

function writeJson(c: Context<AppEnv>, body: string): Response {
  return c.body(body, 200, { "content-type": "application/json" });
}

function ownerOfCaller(c: Context<AppEnv>): number {
  const { merchantNumber, mode } = c.get("caller");
  return ownerOf(merchantNumber, mode);
}
