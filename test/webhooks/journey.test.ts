import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeClient, makeMerchant, type TestMerchant } from "../support/http.ts";
import { openReceiver, waitUntil } from "../support/receiver.ts";

const send = makeClient();
let merchant: TestMerchant;
let key: string;

beforeEach(async () => {
  merchant = await makeMerchant(send);
  key = merchant.secret.test;
});
afterEach(() => vi.restoreAllMocks());

const SALE = { amount: 1000, currency: "gbp", paymentMethod: {} };

async function makeEndpoint(body: Record<string, unknown> = {}) {
  const answer = await send("POST", "/api/webhook-endpoints", {
    key,
    body: { url: "https://shop.example.com/webhooks", ...body },
  });
  expect(answer.status, answer.text).toBe(201);
  return answer.json as { id: string; secret: string };
}

test("a payment's events reach the endpoint once each, in order, signed, and are the bytes that the API answers", async () => {
  const receiver = openReceiver();
  const { secret } = await makeEndpoint();
  const { json: payment } = await send("POST", "/api/payments", { key, body: SALE });
  await waitUntil(() => receiver.received.length === payment.version, "delivery");

  expect(receiver.received.map(({ event }) => [event.sequence, event.type])).toEqual([
    [1, "payment.requires_confirmation"],
    [2, "payment.processing"],
    [3, "payment.succeeded"],
  ]);
  for (const { headers, body, event } of receiver.received) {
    const verified = new Webhook(secret).verify(body, Object.fromEntries(headers));
    expect(verified).toEqual(event);
    expect(headers.get("webhook-id")).toBe(event.id);
    expect(headers.get("content-type")).toBe("application/json");
    expect((await send("GET", `/api/events/${event.id}`, { key })).text).toBe(body);
  }
  expect(receiver.received.at(-1)?.event.data.payment).toEqual(payment);
  const list = await send("GET", `/api/events?paymentId=${payment.id}`, { key });
  const newestFirst = receiver.received.toReversed().map(({ body }) => body);
  expect(list.text).toBe(`{"data":[${newestFirst.join(",")}],"hasMore":false,"nextCursor":null}`);
});

test("a refund's events carry the refund and belong to the payment's sequence", async () => {
  const receiver = openReceiver();
  await makeEndpoint({ events: ["refund.succeeded"] });
  const { json: payment } = await send("POST", "/api/payments", { key, body: SALE });
  const { json: refund } = await send("POST", "/api/refunds", { key, body: { paymentId: payment.id, amount: 400 } });
  await waitUntil(() => receiver.received.length === 1, "delivery");
  const [event] = receiver.received.map(({ event }) => event);
  expect(event).toMatchObject({
    type: "refund.succeeded",
    sequence: 5,
    data: { refund, payment: { amountRefunded: 400 } },
  });
  const log = await send("GET", `/api/payments/${payment.id}/events?limit=100`, { key });
  expect(log.json.data[4]).toMatchObject({ sequence: 5, type: "refund.succeeded", created: event.created });
});

test("events are listed after one of them, ascending, page by page, none missed and none twice", async () => {
  await makeEndpoint();
  openReceiver();
  const payments = [];
  for (let n = 0; n < 4; n++) payments.push((await send("POST", "/api/payments", { key, body: SALE })).json);
  const all = (await send("GET", "/api/events?limit=100", { key })).json.data.toReversed();
  expect(all).toHaveLength(12);
  const seen: string[] = [all[0].id];
  let path = `/api/events?limit=5&after=${all[0].id}`;
  for (;;) {
    const { json } = await send("GET", path, { key });
    seen.push(...json.data.map(({ id }: { id: string }) => id));
    if (!json.hasMore) break;
    path = `/api/events?limit=5&cursor=${json.nextCursor}`;
  }
  expect(seen).toEqual(all.map(({ id }: { id: string }) => id));

  const down: string[] = [];
  for (let cursor: string | null = "", first = true; cursor !== null; first = false) {
    const { json } = await send("GET", `/api/events?limit=5${first ? "" : `&cursor=${cursor}`}`, { key });
    down.push(...json.data.map(({ id }: { id: string }) => id));
    cursor = json.nextCursor;
  }
  expect(down.toReversed()).toEqual(seen);
  const typed = await send("GET", `/api/events?type=PAYMENT.succeeded&after=${all[0].id}`, { key });
  expect(typed.json.data.map((event: { data: { payment: { id: string } } }) => event.data.payment.id)).toEqual(
    payments.map(({ id }) => id),
  );
});

test("another merchant's and another mode's endpoints and events are not found", async () => {
  openReceiver();
  const endpoint = await makeEndpoint();
  const { json: payment } = await send("POST", "/api/payments", { key, body: SALE });
  const { json: list } = await send("GET", `/api/events?paymentId=${payment.id}`, { key });
  const event = list.data[0].id;
  const other = await makeMerchant(send);
  for (const foreign of [other.secret.test, merchant.secret.live]) {
    for (const path of [
      `/api/events/${event}`,
      `/api/webhook-endpoints/${endpoint.id}`,
      `/api/webhook-endpoints/${endpoint.id}/deliveries`,
    ]) {
      expect([path, (await send("GET", path, { key: foreign })).status]).toEqual([path, 404]);
    }
    for (const path of [
      `/api/events/${event}/redeliver`,
      `/api/webhook-endpoints/${endpoint.id}/test`,
      `/api/webhook-endpoints/${endpoint.id}/rotate-secret`,
    ]) {
      expect([path, (await send("POST", path, { key: foreign })).status]).toEqual([path, 404]);
    }
    expect(
      (await send("PATCH", `/api/webhook-endpoints/${endpoint.id}`, { key: foreign, body: { enabled: false } })).status,
    ).toBe(404);
    expect((await send("DELETE", `/api/webhook-endpoints/${endpoint.id}`, { key: foreign })).status).toBe(404);
    expect((await send("GET", `/api/events?after=${event}`, { key: foreign })).status).toBe(400);
    expect((await send("GET", `/api/events?paymentId=${payment.id}`, { key: foreign })).json.data).toEqual([]);
  }
  expect((await send("GET", `/api/webhook-endpoints/${endpoint.id}`, { key })).json).toMatchObject({ enabled: true });
});

test("a test sends a ping and answers with what came of it; an event can be sent again, the same bytes under the same id", async () => {
  const receiver = openReceiver("shop", () => new Response("no room", { status: 507 }));
  const { id, secret } = await makeEndpoint();
  const failed = await send("POST", `/api/webhook-endpoints/${id}/test`, { key });
  expect(failed).toMatchObject({
    status: 200,
    json: { status: "failed", type: "ping", attempts: [{ status: 507, answer: "no room" }] },
  });
  receiver.behave(() => new Response("ok"));
  const passed = await send("POST", `/api/webhook-endpoints/${id}/test`, { key, body: {} });
  expect(passed.json).toMatchObject({ status: "delivered", attempts: [{ status: 200, answer: "ok", error: null }] });
  expect(
    new Webhook(secret).verify(
      receiver.received[1]?.body ?? "",
      Object.fromEntries(receiver.received[1]?.headers ?? []),
    ),
  ).toMatchObject({ type: "ping" });

  const { json: payment } = await send("POST", "/api/payments", { key, body: SALE });
  await waitUntil(() => receiver.accepted.length === 4);
  const original = receiver.received.find(({ event }) => event.sequence === 3);
  const again = await send("POST", `/api/events/${original?.event.id}/redeliver`, { key });
  expect(again.json.data).toMatchObject([
    { endpointId: id, status: "delivered", attempts: [{ status: 200 }, { status: 200 }] },
  ]);
  const last = receiver.received.at(-1);
  expect(last?.body).toBe(original?.body);
  expect(last?.headers.get("webhook-id")).toBe(original?.headers.get("webhook-id"));
  const deliveries = await send("GET", `/api/webhook-endpoints/${id}/deliveries?limit=3`, { key });
  expect(deliveries.json).toMatchObject({
    hasMore: true,
    data: [{ sequence: 3 }, { sequence: 2 }, { sequence: 1, paymentId: payment.id }],
  });
  const rest = await send("GET", `/api/webhook-endpoints/${id}/deliveries?cursor=${deliveries.json.nextCursor}`, {
    key,
  });
  expect(rest.json).toMatchObject({
    hasMore: false,
    data: [
      { type: "ping", status: "delivered" },
      { type: "ping", status: "failed" },
    ],
  });
});

test("a rotated secret signs beside the old one while they overlap, and alone afterwards", async () => {
  const receiver = openReceiver();
  const { id, secret: old } = await makeEndpoint();
  const rotated = await send("POST", `/api/webhook-endpoints/${id}/rotate-secret`, { key, body: { overlapHours: 1 } });
  expect(rotated).toMatchObject({ status: 200, json: { id, secretOverlapUntil: expect.any(String) } });
  expect(rotated.json.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  await send("POST", `/api/webhook-endpoints/${id}/test`, { key });
  const both = receiver.received[0];
  for (const secret of [old, rotated.json.secret]) {
    expect(new Webhook(secret).verify(both?.body ?? "", Object.fromEntries(both?.headers ?? []))).toBeTruthy();
  }
  const { json: last } = await send("POST", `/api/webhook-endpoints/${id}/rotate-secret`, {
    key,
    body: { overlapHours: 0 },
  });
  await send("POST", `/api/webhook-endpoints/${id}/test`, { key });
  const alone = receiver.received[1];
  expect(alone?.headers.get("webhook-signature")?.split(" ")).toHaveLength(1);
  expect(new Webhook(last.secret).verify(alone?.body ?? "", Object.fromEntries(alone?.headers ?? []))).toBeTruthy();
  expect(() =>
    new Webhook(rotated.json.secret).verify(alone?.body ?? "", Object.fromEntries(alone?.headers ?? [])),
  ).toThrow();
  const shown = await send("GET", `/api/webhook-endpoints/${id}`, { key });
  expect(shown.text).not.toContain("whsec_");
});

test("410 disables the endpoint; enabled again it gets what it had not taken, and what happens then", async () => {
  const receiver = openReceiver("shop", () => new Response("gone", { status: 410 }));
  const { id } = await makeEndpoint({ events: ["payment.succeeded"] });
  await send("POST", "/api/payments", { key, body: SALE });
  const read = () => send("GET", `/api/webhook-endpoints/${id}`, { key });
  await waitUntil(async () => (await read()).json.enabled === false, "the end of the endpoint");
  expect((await read()).json).toMatchObject({ enabled: false, disabledReason: "gone" });
  await send("POST", "/api/payments", { key, body: SALE });
  await scheduler.wait(200);
  expect(receiver.received).toHaveLength(1);

  receiver.behave(() => new Response());
  const enabled = await send("PATCH", `/api/webhook-endpoints/${id}`, { key, body: { enabled: true } });
  expect(enabled.json).toMatchObject({ enabled: true, disabledReason: null });
  const { json: third } = await send("POST", "/api/payments", { key, body: SALE });
  await waitUntil(() => receiver.received.some(({ event }) => event.data.payment.id === third.id), "delivery");
  const { json: pending } = await send("GET", `/api/webhook-endpoints/${id}/deliveries`, { key });
  expect(pending.data).toHaveLength(2);
  expect(pending.data[1]).toMatchObject({
    status: "pending",
    nextAttempt: expect.any(String),
    attempts: [{ status: 410 }],
  });
});

test("a deleted endpoint gets nothing more, and a request repeated under its key makes no second one", async () => {
  const receiver = openReceiver();
  const body = { url: receiver.url, events: ["*"], description: "orders" };
  const first = await send("POST", "/api/webhook-endpoints", { key, body, headers: { "idempotency-key": "e1" } });
  const again = await send("POST", "/api/webhook-endpoints", { key, body, headers: { "idempotency-key": "e1" } });
  expect(again.text).toBe(first.text);
  expect(again.headers.get("idempotent-replayed")).toBe("true");
  expect((await send("GET", "/api/webhook-endpoints", { key })).json.data).toEqual([
    expect.objectContaining({ id: first.json.id, description: "orders", enabled: true, events: ["*"] }),
  ]);
  await send("DELETE", `/api/webhook-endpoints/${first.json.id}`, { key });
  await send("POST", "/api/payments", { key, body: SALE });
  await send("GET", "/api/events", { key });
  await scheduler.wait(200);
  expect(receiver.received).toEqual([]);
  expect((await send("GET", `/api/webhook-endpoints/${first.json.id}`, { key })).status).toBe(404);
});

test.each([
  [{ url: "http://shop.example.com/" }, "url"],
  [{ url: "https://localhost/" }, "url"],
  [{ url: "https://169.254.169.254/latest" }, "url"],
  [{ url: "https://shop.example.com/", events: [] }, "events"],
  [{ url: "https://shop.example.com/", events: ["payment.invented"] }, "events[0]"],
  [{ url: "https://shop.example.com/", colour: "red" }, "colour"],
  [{ events: ["*"] }, "url"],
])("an endpoint is refused where it is wrong: %j", async (body, param) => {
  const answer = await send("POST", "/api/webhook-endpoints", { key, body });
  expect(answer).toMatchObject({ status: 400, json: { error: { type: "invalid_request", param } } });
});

test("http and the loopback are allowed where the operator says so, and only there", async () => {
  const local = makeClient({ env: { ALLOW_LOCAL_WEBHOOKS: "true" } });
  const body = { url: "http://127.0.0.1:4242/hooks" };
  expect((await local("POST", "/api/webhook-endpoints", { key, body })).status).toBe(201);
  expect((await send("POST", "/api/webhook-endpoints", { key, body })).status).toBe(400);
});

test("a seventeenth endpoint is refused", async () => {
  for (let n = 0; n < 16; n++) await makeEndpoint({ url: `https://shop${n}.example.com/` });
  expect(
    (await send("POST", "/api/webhook-endpoints", { key, body: { url: "https://one.example.com/" } })).status,
  ).toBe(400);
});

test("a test and a redelivery that are repeated under their key send once", async () => {
  const receiver = openReceiver();
  const { id } = await makeEndpoint({ events: ["payment.succeeded"] });
  const { json: payment } = await send("POST", "/api/payments", { key, body: SALE });
  await waitUntil(() => receiver.accepted.length === 1);
  const event = receiver.accepted[0] ?? "";
  for (const [n, path] of [`/api/webhook-endpoints/${id}/test`, `/api/events/${event}/redeliver`].entries()) {
    const wish = { key, body: {}, headers: { "idempotency-key": `again ${payment.id}` } };
    const first = await send("POST", path, wish);
    const again = await send("POST", path, wish);
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(receiver.received).toHaveLength(2 + n);
  }
});

test("a redelivery to an endpoint that is none, or of an event that is none, is refused", async () => {
  openReceiver();
  const { id } = await makeEndpoint();
  const { json: payment } = await send("POST", "/api/payments", { key, body: SALE });
  const { json: list } = await send("GET", `/api/events?paymentId=${payment.id}`, { key });
  const path = `/api/events/${list.data[0].id}/redeliver`;
  await send("PATCH", `/api/webhook-endpoints/${id}`, { key, body: { enabled: false } });
  for (const endpointId of [id, "we_1", "we_000000000000000000000000"]) {
    expect(await send("POST", path, { key, body: { endpointId } })).toMatchObject({
      status: 400,
      json: { error: { param: "endpointId" } },
    });
  }
  expect((await send("POST", path, { key, body: {} })).json).toEqual({ data: [], hasMore: false, nextCursor: null });
  expect((await send("POST", `${path.slice(0, -14)}7zz/redeliver`, { key, body: {} })).status).toBe(404);
});
