import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Connector } from "../../src/connectors/connector.ts";
import { findAccountIssues } from "../../src/http/connector-accounts.ts";
import { FULL_BODY, SMALL_BODY } from "../support/bodies.ts";
import { makeClient, makeMerchant, type Send, type TestMerchant } from "../support/http.ts";
import { accepted, type RecordedCall, recordingShard } from "../support/recording-shard.ts";

let calls: RecordedCall[];
let send: Send;
let merchant: TestMerchant;
let key: string;

beforeEach(async () => {
  const recording = recordingShard(() => accepted());
  calls = recording.calls;
  send = makeClient({ shard: recording.shard });
  merchant = await makeMerchant(send);
  key = merchant.secret.test;
});

const SETTINGS = { latencyMs: 0, declineRate: 0, errorRate: 0, timeoutRate: 0, duplicateWebhookRate: 0, seed: 1 };
const add = (part: object = {}, credential = key) =>
  send("POST", "/api/connectors", {
    key: credential,
    body: { connector: "sandbox", label: "b", settings: SETTINGS, ...part },
  });

test("a new account is shown with its capabilities, its settings and the address for its webhooks", async () => {
  const { status, json } = await add();
  expect(status).toBe(201);
  expect(json).toEqual({
    id: expect.stringMatching(/^ca_[0-9a-z]{24}$/),
    connector: "sandbox",
    label: "b",
    enabled: true,
    mode: "test",
    capabilities: expect.objectContaining({ currencies: "*", refund: true }),
    settings: { ...SETTINGS, webhookSecret: expect.stringMatching(/^.{32,}$/) },
    credentials: {},
    webhookUrl: `http://localhost/webhooks/${json.id}`,
    created: expect.stringMatching(/Z$/),
  });
  expect((await send("GET", `/api/connectors/${json.id}`, { key })).json).toEqual(json);
  const { json: list } = await send("GET", "/api/connectors", { key });
  expect(list.data.map(({ label }: { label: string }) => label)).toEqual(["b", "sandbox"]);
  expect(list).toMatchObject({ hasMore: false, nextCursor: null });
});

test("each change is told to every shard of the merchant, so that the next payment knows it", async () => {
  const large = await makeMerchant(send, { shards: 6 });
  calls.length = 0;
  const { json } = await add({}, large.secret.test);
  const told = () =>
    calls.splice(0).map(({ method, address }) => `${method} ${address?.merchantId} ${address?.mode} ${address?.shard}`);
  const everyShard = Array.from({ length: 6 }, (_, shard) => `forgetConfiguration ${large.id} test ${shard}`);
  expect(told()).toEqual(everyShard);
  await send("PATCH", `/api/connectors/${json.id}`, { key: large.secret.test, body: { enabled: false } });
  expect(told()).toEqual(everyShard);
  await send("DELETE", `/api/connectors/${json.id}`, { key: large.secret.test });
  expect(told().slice(6)).toEqual(everyShard);
});

test("an unreachable shard does not undo a change", async () => {
  const lonely = makeClient({ shard: recordingShard(() => Promise.reject(new Error("gone"))).shard });
  const { status } = await lonely("POST", "/api/connectors", { key, body: { connector: "sandbox", label: "b" } });
  expect(status).toBe(201);
  expect((await send("GET", "/api/connectors", { key })).json.data).toHaveLength(2);
});

test("a label has its form and is unique within merchant and mode", async () => {
  expect((await add()).status).toBe(201);
  for (const headers of [{}, { "idempotency-key": "k" }]) {
    const { status, json } = await send("POST", "/api/connectors", {
      key,
      body: { connector: "sandbox", label: "b" },
      headers,
    });
    expect([status, json.error.code, json.error.param]).toEqual([400, "parameter_invalid", "label"]);
  }
  const neighbour = await makeMerchant(send);
  expect((await add({}, neighbour.secret.test)).status).toBe(201);
  for (const label of ["", "-a", "a b", "x".repeat(65), "é", 1])
    expect((await add({ label })).json.error.param).toBe("label");
  for (const label of ["B", "a.b_c-d", "x".repeat(64)]) expect((await add({ label })).status).toBe(201);
});

test("what does not fit the connector is refused, all of it at once", async () => {
  const { json } = await add({
    settings: { latencyMs: -1, declineRate: 2, speed: 1, seed: 0.5 },
    credentials: { apiKey: "x" },
    color: "red",
  });
  expect(json.error.issues.map(({ path }: { path: string }) => path).sort()).toEqual([
    "color",
    "credentials.apiKey",
    "settings.declineRate",
    "settings.latencyMs",
    "settings.seed",
    "settings.speed",
  ]);
  expect((await add({ connector: "nobody" })).json.error).toMatchObject({
    code: "parameter_invalid",
    param: "connector",
  });
  expect((await add({ connector: undefined })).json.error).toMatchObject({
    code: "parameter_missing",
    param: "connector",
  });
  expect((await add({ settings: [] })).json.error.param).toBe("settings");
  expect((await add({ connector: "SANDBOX" })).status).toBe(201);
});

test("the sandbox exists in test mode only", async () => {
  const { status, json } = await add({}, merchant.secret.live);
  expect([status, json.error.param]).toEqual([400, "connector"]);
});

test("PATCH merges settings, null removes one, and the rest stays", async () => {
  const { json: account } = await add();
  const patch = (body: unknown) => send("PATCH", `/api/connectors/${account.id}`, { key, body });
  const { status, json } = await patch({ settings: { declineRate: 0.5, seed: null }, enabled: false });
  expect(status).toBe(200);
  const { seed: _seed, ...rest } = account.settings;
  expect(json).toEqual({ ...account, enabled: false, settings: { ...rest, declineRate: 0.5 } });
  expect((await send("GET", `/api/connectors/${account.id}`, { key })).json).toEqual(json);
  expect((await patch({ settings: { declineRate: 5 } })).json.error.param).toBe("settings.declineRate");
  expect((await patch({ label: "c" })).json.error).toMatchObject({ code: "parameter_unknown", param: "label" });
  expect((await patch({})).json).toEqual(json);
});

test("another merchant's or mode's account is not found, whatever is asked of it", async () => {
  const { json: account } = await add();
  const neighbour = await makeMerchant(send);
  for (const credential of [neighbour.secret.test, merchant.secret.live]) {
    for (const [method, body] of [
      ["GET", undefined],
      ["PATCH", { enabled: false }],
      ["DELETE", undefined],
    ] as const) {
      const { status, json } = await send(method, `/api/connectors/${account.id}`, { key: credential, body });
      expect([method, status, json.error.code]).toEqual([method, 404, "not_found"]);
    }
  }
  expect((await send("GET", `/api/connectors/${account.id}`, { key })).json.enabled).toBe(true);
});

describe("with real shards", () => {
  const real = makeClient();

  test("an account that holds an open payment stays; one that does not goes", async () => {
    const { json: account } = await real("POST", "/api/connectors", {
      key,
      body: { connector: "sandbox", label: "b" },
    });
    const body = { ...FULL_BODY, captureMethod: "manual", connector: "b" };
    const { json: payment } = await real("POST", "/api/payments", { key, body });
    expect(payment).toMatchObject({ status: "requires_capture", connector: "b" });
    const refused = await real("DELETE", `/api/connectors/${account.id}`, { key });
    expect([refused.status, refused.json.error.code, refused.headers.has("retry-after")]).toEqual([
      409,
      "operation_in_progress",
      true,
    ]);
    await real("POST", `/api/payments/${payment.id}/cancel`, { key });
    expect(await real("DELETE", `/api/connectors/${account.id}`, { key })).toMatchObject({
      status: 200,
      json: { id: account.id, deleted: true },
    });
    expect((await real("GET", `/api/connectors/${account.id}`, { key })).status).toBe(404);
  });

  test("a new account is known to the next payment", async () => {
    await real("POST", "/api/payments", { key, body: { ...SMALL_BODY, paymentMethod: {} } });
    await real("POST", "/api/connectors", { key, body: { connector: "sandbox", label: "b" } });
    const { json } = await real("POST", "/api/payments", {
      key,
      body: { ...SMALL_BODY, paymentMethod: {}, connector: "b" },
    });
    expect(json).toMatchObject({ status: "succeeded", connector: "b" });
  });
});

describe("credentials", () => {
  const connector = {
    name: "acme",
    credentials: { required: ["apiKey"], optional: ["webhookSecret"] },
  } as unknown as Connector;
  const paths = (credentials: Record<string, string>, settings = {}) =>
    findAccountIssues(connector, credentials, settings).map(({ path, code }) => `${path} ${code}`);

  test("what a connector needs must be there, what it does not know must not", () => {
    expect(paths({ apiKey: "k", webhookSecret: "s" })).toEqual([]);
    expect(paths({ apiKei: "k" })).toEqual(["credentials.apiKey required", "credentials.apiKei unrecognized_key"]);
    expect(paths({ apiKey: "k" }, { region: "eu", live: true, nested: {} })).toEqual(["settings.nested invalid_union"]);
  });

  test("they are answered by their end only, are no text in D1, and are merged by PATCH", async () => {
    const secret = "sk_test_51Nabcdefghijklmnop1234";
    const { status, json } = await add({ connector: "stripe", settings: {}, credentials: { apiKey: secret } });
    expect([status, json.credentials]).toEqual([201, { apiKey: "…1234" }]);
    const patched = await send("PATCH", `/api/connectors/${json.id}`, {
      key,
      body: { credentials: { webhookSecret: "whsec_abcdefghijklmnop9876" } },
    });
    expect(patched.json.credentials).toEqual({ apiKey: "…1234", webhookSecret: "…9876" });
    expect((await add({ connector: "stripe", label: "c", settings: {} })).json.error).toMatchObject({
      code: "parameter_missing",
      param: "credentials.apiKey",
    });
    const rows = JSON.stringify(await env.DB.prepare("select * from connector_accounts").all());
    expect(rows).not.toMatch(/51Nabcdef|whsec_abcdef/);
    const { text } = await send("GET", "/api/connectors", { key });
    expect(text).not.toMatch(/51Nabcdef|whsec_abcdef/);
  });
});
