import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { describeEvent, receiveWebhook } from "../../docs/examples/webhook-receiver.ts";
import * as document from "../../docs/openapi.json";
import { type OpenApi, writeClientTypes } from "../../src/cli/client-types.ts";
// oxlint-disable-next-line import/default -- the text, as Vite gives it
import generated from "../../src/client/api-types.ts?raw";
import {
  createClient,
  SwitchyardError,
  verifyWebhook,
  type WebhookEvent,
  WebhookVerificationError,
} from "../../src/client/index.ts";
import { makeSecret } from "../../src/webhooks/secret.ts";
import { signHeaders } from "../../src/webhooks/sign.ts";
import { makeClient, makeMerchant } from "../support/http.ts";
import { openReceiver, waitUntil } from "../support/receiver.ts";

afterEach(() => vi.restoreAllMocks());

describe("verifying", () => {
  const secret = makeSecret();
  const body = JSON.stringify({ id: "evt_1", type: "ping", sequence: 0, data: { payment: {} }, note: "ünïcode €" });
  const now = 1_800_000_000_000;
  let headers: Record<string, string>;
  beforeEach(() => {
    headers = signHeaders({ id: "evt_1", timestamp: now / 1000, body, secrets: [secret] });
  });

  test("accepts what is genuine, as text or bytes, with headers of either kind", async () => {
    const expected = JSON.parse(body);
    expect(await verifyWebhook(body, headers, secret, { now })).toEqual(expected);
    expect(
      await verifyWebhook(new TextEncoder().encode(body), new Headers(headers), [makeSecret(), secret], { now }),
    ).toEqual(expected);
    const byLibrary = {
      "Webhook-Id": "evt_1",
      "Webhook-Timestamp": String(now / 1000),
      "Webhook-Signature": new Webhook(secret).sign("evt_1", new Date(now), body),
    };
    expect(await verifyWebhook(body, byLibrary, secret, { now })).toEqual(expected);
  });

  test.each<[string, (h: Record<string, string>) => [string, Record<string, string>, string, number]]>([
    ["changed text", (h) => [`${body} `, h, secret, now]],
    ["another secret", (h) => [body, h, makeSecret(), now]],
    ["another id", (h) => [body, { ...h, "webhook-id": "evt_2" }, secret, now]],
    ["another time", (h) => [body, { ...h, "webhook-timestamp": String(now / 1000 + 1) }, secret, now]],
    ["an old one", (h) => [body, h, secret, now + 301_000]],
    ["one from the future", (h) => [body, h, secret, now - 301_000]],
    ["no time", (h) => [body, { ...h, "webhook-timestamp": "soon" }, secret, now]],
    ["no signature", (h) => [body, { ...h, "webhook-signature": "" }, secret, now]],
    [
      "a signature of another version",
      (h) => [body, { ...h, "webhook-signature": (h["webhook-signature"] ?? "").replace("v1,", "v2,") }, secret, now],
    ],
    ["a signature that is no base64", (h) => [body, { ...h, "webhook-signature": "v1,***" }, secret, now]],
    ["no headers at all", () => [body, {}, secret, now]],
  ])("refuses %s", async (_, change) => {
    const [text, changed, key, at] = change(headers);
    await expect(verifyWebhook(text, changed, key, { now: at })).rejects.toThrow(WebhookVerificationError);
  });
});

test("the example receiver takes a payment's webhooks, each once, and refuses a forged one", async () => {
  const send = makeClient();
  const { secret: keys } = await makeMerchant(send);
  const client = createClient({
    baseUrl: "http://localhost",
    key: keys.test,
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const text = await request.text();
      const answer = await send(request.method, pathname + search, {
        headers: Object.fromEntries(request.headers),
        ...(text !== "" && { body: text }),
      });
      return new Response(answer.text, { status: answer.status, headers: answer.headers });
    },
  });
  const seen: WebhookEvent[] = [];
  const handled = new Set<string>();
  const options = { secrets: [] as string[], handled, handle: (event: WebhookEvent) => void seen.push(event) };
  const receiver = openReceiver("shop", ({ url, headers, body }) =>
    receiveWebhook(new Request(url, { method: "POST", headers, body }), options),
  );

  const endpoint = await client.createWebhookEndpoint({ body: { url: receiver.url } });
  options.secrets.push(endpoint.secret);
  expect(await client.testWebhookEndpoint({ path: { id: endpoint.id } })).toMatchObject({ status: "delivered" });
  const payment = await client.createPayment({ body: { amount: 1000, currency: "gbp", paymentMethod: {} } });
  if (!("id" in payment)) throw new Error("no payment");
  await waitUntil(() => seen.length === 1 + payment.version);
  expect(seen.map(describeEvent)).toEqual([
    "the endpoint works",
    "payment.requires_confirmation, sequence 1",
    "payment.processing, sequence 2",
    `${payment.id} is paid: 1000 gbp`,
  ]);

  const { data } = await client.listEvents({ query: { type: "payment.succeeded" } });
  await client.redeliverEvent({ path: { id: data[0]?.id ?? "" } });
  await waitUntil(() => receiver.received.length === 5);
  expect(seen).toHaveLength(4);
  const [genuine] = receiver.received;
  const forged = new Request(receiver.url, {
    method: "POST",
    headers: genuine?.headers ?? [],
    body: `${genuine?.body} `,
  });
  expect((await receiveWebhook(forged, options)).status).toBe(400);
  expect(seen).toHaveLength(4);
});

test("the client throws what the API answers where it refuses", async () => {
  const client = createClient({
    baseUrl: "https://pay.example.com",
    key: "sk_test_x",
    fetch: async (request) => {
      expect(request.headers.get("idempotency-key")).toBe("k1");
      expect(new URL(request.url).pathname).toBe("/api/payments/pay_1/capture");
      const error = { type: "conflict", code: "payment_state_invalid", message: "no", requestId: "req_1" };
      return Response.json({ error }, { status: 409 });
    },
  });
  const refusal = await client
    .capturePayment({ path: { id: "pay_1" }, body: { amount: 1 }, idempotencyKey: "k1" })
    .catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(SwitchyardError);
  expect(refusal).toMatchObject({ status: 409, error: { code: "payment_state_invalid" } });
});

test("the client's types are those of the document", () => {
  expect(generated).toBe(writeClientTypes(JSON.parse(JSON.stringify(document)) as OpenApi));
});
