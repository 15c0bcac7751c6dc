import { beforeEach, expect, test } from "vitest";
import { verifyReceipt } from "../../src/domain/routing/receipt.ts";
import { CARD, SMALL_BODY } from "../support/bodies.ts";
import { type Answer, makeClient, makeMerchant, type TestMerchant } from "../support/http.ts";

const send = makeClient();
let merchant: TestMerchant;
beforeEach(async () => {
  merchant = await makeMerchant(send);
});

function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return send(method, path, { key: merchant.secret.test, headers, ...(body === undefined ? {} : { body }) });
}

async function addAccount(label: string, settings: Record<string, unknown> = {}): Promise<string> {
  const { status, json, text } = await call("POST", "/api/connectors", { connector: "sandbox", label, settings });
  if (status !== 201) throw new Error(text);
  return json.id;
}

function pay(body: Record<string, unknown> = {}): Promise<Answer> {
  return call("POST", "/api/payments", { ...SMALL_BODY, paymentMethod: {}, ...body });
}

const CONFIG = {
  rules: [
    {
      name: "large pounds",
      when: {
        all: [
          { field: "currency", op: "eq", value: "gbp" },
          { field: "amount", op: "gte", value: 5000 },
        ],
      },
      use: { priority: ["b"] },
    },
  ],
  default: { priority: ["sandbox", "b"] },
  retry: { maxAttempts: 2 },
};

test("before anything was put, the routing is the accounts in the order of their creation", async () => {
  await addAccount("b");
  const { status, json } = await call("GET", "/api/routing");
  expect(status).toBe(200);
  expect(json).toMatchObject({
    id: null,
    version: 0,
    active: true,
    config: { rules: [], default: { priority: ["sandbox", "b"] } },
  });
});

test("a version that is put routes the very next payment", async () => {
  await addAccount("b");
  expect((await pay({ amount: 9000 })).json.connector).toBe("sandbox");
  const put = await call("PUT", "/api/routing", CONFIG);
  expect([put.status, put.json]).toMatchObject([200, { version: 1, config: CONFIG, active: true }]);
  expect(put.headers.get("etag")).toBe(`"${put.json.id}"`);
  expect((await call("GET", "/api/routing")).json).toEqual(put.json);
  expect((await pay({ amount: 9000 })).json.connector).toBe("b");
  expect((await pay({ amount: 100 })).json.connector).toBe("sandbox");
});

test("every problem refuses a version, each with its path, and nothing changes", async () => {
  const { status, json } = await call("PUT", "/api/routing", {
    rules: [
      {
        when: {
          all: [
            { field: "currency", op: "eq", value: "usd" },
            { field: "amount", op: "nix", value: 1 },
          ],
        },
        use: { priority: ["nobody"] },
      },
    ],
    retry: { maxAttempts: 99 },
  });
  expect([status, json.error.code]).toEqual([400, "parameter_invalid"]);
  expect(json.error.issues.map(({ path }: { path: string }) => path)).toEqual([
    "rules[0].when.all[1].op",
    "retry.maxAttempts",
  ]);
  const unknown = await call("PUT", "/api/routing", { default: { priority: ["nobody"] } });
  expect([unknown.status, unknown.json.error.param]).toEqual([400, "default.priority[0]"]);
  expect((await call("GET", "/api/routing")).json.id).toBeNull();
});

test("lint tells the same problems and keeps nothing", async () => {
  const bad = await call("POST", "/api/routing/lint", { default: { priority: ["nobody"] } });
  expect([bad.status, bad.json.valid, bad.json.issues[0].path]).toEqual([200, false, "default.priority[0]"]);
  expect((await call("POST", "/api/routing/lint", { default: { priority: ["sandbox"] } })).json).toEqual({
    valid: true,
    issues: [],
    warnings: [],
  });
  expect((await call("GET", "/api/routing")).json.id).toBeNull();
});

test("two editors cannot overwrite each other: If-Match names the version that was read", async () => {
  const first = await call("PUT", "/api/routing", { default: { priority: ["sandbox"] } });
  const etag = first.headers.get("etag") ?? "";
  const ann = await call("PUT", "/api/routing", { retry: { maxAttempts: 1 } }, { "if-match": etag });
  const bob = await call("PUT", "/api/routing", { retry: { maxAttempts: 2 } }, { "if-match": etag });
  expect([ann.status, ann.json.version]).toEqual([200, 2]);
  expect([bob.status, bob.json.error.code]).toEqual([409, "operation_in_progress"]);
  expect((await call("GET", "/api/routing")).json.id).toBe(ann.json.id);
  const { json: versions } = await call("GET", "/api/routing/versions");
  expect(versions.data.map(({ version }: { version: number }) => version).sort()).toEqual([1, 2]);
});

test("of many writers that have seen the same version, one wins", async () => {
  const etag = (await call("PUT", "/api/routing", { retry: { maxAttempts: 1 } })).headers.get("etag") ?? "";
  const answers = await Promise.all(
    [1, 2, 3, 4, 5].map((maxAttempts) => call("PUT", "/api/routing", { retry: { maxAttempts } }, { "if-match": etag })),
  );
  expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409, 409, 409, 409]);
});

test("an older version can be made the active one again", async () => {
  await addAccount("b");
  const { json: first } = await call("PUT", "/api/routing", { default: { priority: ["b"] } });
  const { json: second } = await call("PUT", "/api/routing", { default: { priority: ["sandbox"] } });
  expect((await pay()).json.connector).toBe("sandbox");
  const back = await call("POST", `/api/routing/versions/${first.id}/activate`, {}, { "if-match": `"${second.id}"` });
  expect([back.status, back.json]).toEqual([200, first]);
  expect((await pay()).json.connector).toBe("b");
  expect((await call("GET", `/api/routing/versions/${second.id}`)).json.active).toBe(false);
  const late = await call("POST", `/api/routing/versions/${second.id}/activate`, {}, { "if-match": `"${second.id}"` });
  expect(late.status).toBe(409);
  expect((await call("POST", "/api/routing/versions/rt_00000000000000000000000z/activate", {})).status).toBe(404);
});

test("versions are a list, newest first, and another merchant's are not there", async () => {
  for (const maxAttempts of [1, 2, 3]) await call("PUT", "/api/routing", { retry: { maxAttempts } });
  const page = await call("GET", "/api/routing/versions?limit=2");
  expect([page.json.data.length, page.json.hasMore]).toEqual([2, true]);
  const rest = await call("GET", `/api/routing/versions?limit=2&cursor=${page.json.nextCursor}`);
  expect([rest.json.data.length, rest.json.hasMore, rest.json.nextCursor]).toEqual([1, false, null]);
  const other = await makeMerchant(send);
  const id = page.json.data[0].id;
  expect((await send("GET", `/api/routing/versions/${id}`, { key: other.secret.test })).status).toBe(404);
  expect((await send("GET", `/api/routing/versions/${id}`, { key: merchant.secret.live })).status).toBe(404);
  expect(
    (await send("POST", `/api/routing/versions/${id}/activate`, { key: other.secret.test, body: {} })).status,
  ).toBe(404);
});

test("a receipt tells for each attempt the rule, the candidates, who was left out, the version, and can be decided again", async () => {
  await addAccount("b");
  const off = await addAccount("off");
  const { json: version } = await call("PUT", "/api/routing", {
    rules: [
      {
        name: "pounds",
        when: { field: "currency", op: "eq", value: "gbp" },
        use: {
          split: [
            { connector: "sandbox", weight: 1 },
            { connector: off, weight: 99 },
          ],
        },
      },
    ],
    default: { bestRate: { connectors: ["b", "sandbox"], explore: 0.5 } },
  });
  await call("PATCH", `/api/connectors/${off}`, { enabled: false });
  const { json: payment } = await pay({
    paymentMethod: { type: "card", card: { ...CARD, number: "4000000000009995" } },
  });
  expect(payment.attempts.map(({ connector }: { connector: string }) => connector)).toEqual(["sandbox", "b"]);
  const { status, json, text } = await call("GET", `/api/payments/${payment.id}/receipt`);
  expect(status).toBe(200);
  expect(json).toMatchObject({ paymentId: payment.id, configVersion: version.id, config: version.config });
  expect(json.attempts).toHaveLength(2);
  expect(json.attempts[0]).toMatchObject({
    connector: "sandbox",
    rule: "pounds",
    ruleIndex: 0,
    configVersion: version.id,
    excluded: [{ id: off, connector: "off", reason: "disabled" }],
    scores: { b: 0.95 },
  });
  expect(json.attempts[1].reason).toContain("insufficient_funds");
  expect(json.attempts[0].draws.length).toBeGreaterThan(0);
  expect(verifyReceipt(json)).toEqual([]);
  expect(text).not.toContain("4000000000009995");
});

test("a receipt that was tampered with does not come out equal", async () => {
  await addAccount("b");
  await call("PUT", "/api/routing", {
    default: {
      split: [
        { connector: "sandbox", weight: 1 },
        { connector: "b", weight: 1 },
      ],
    },
  });
  const { json: payment } = await pay();
  const { json } = await call("GET", `/api/payments/${payment.id}/receipt`);
  expect(verifyReceipt(json)).toEqual([]);
  const moved = structuredClone(json);
  moved.attempts[0].candidates.reverse();
  expect(verifyReceipt(moved).map(({ path }) => path)).toEqual(["attempts[0].candidates"]);
  const drawn = structuredClone(json);
  drawn.attempts[0].draws[0].value /= 2;
  expect(verifyReceipt(drawn).map(({ path }) => path)).toEqual(["attempts[0].draws"]);
  const swapped = structuredClone(json);
  swapped.attempts[0].connector = swapped.attempts[0].candidates[1].connector;
  expect(verifyReceipt(swapped).map(({ path }) => path)).toEqual(["attempts[0].connector"]);
});

test("a payment without a configuration has a receipt that can be decided again, too", async () => {
  await addAccount("b");
  const { json: payment } = await pay();
  const { json } = await call("GET", `/api/payments/${payment.id}/receipt`);
  expect(json.attempts[0]).toMatchObject({ connector: "sandbox", configVersion: null, ruleIndex: null });
  expect(verifyReceipt(json)).toEqual([]);
  const { json: named } = await pay({ connector: "b" });
  const { json: second } = await call("GET", `/api/payments/${named.id}/receipt`);
  expect(second.attempts[0]).toMatchObject({ connector: "b", rule: "named by the request" });
  expect(verifyReceipt(second)).toEqual([]);
});

test("simulate and dryRun answer the same shape as a receipt, store nothing and call nobody", async () => {
  await addAccount("b");
  await call("PUT", "/api/routing", CONFIG);
  const simulated = await call("POST", "/api/routing/simulate", { ...SMALL_BODY, amount: 9000 });
  expect(simulated.status).toBe(200);
  expect(simulated.json.attempts[0]).toMatchObject({ connector: "b", rule: "large pounds", attemptId: null });
  expect(verifyReceipt(simulated.json)).toEqual([]);
  const dry = await pay({ amount: 9000, dryRun: true });
  expect([dry.status, dry.json.dryRun]).toEqual([200, true]);
  expect(Object.keys(dry.json.routing)).toEqual(Object.keys(simulated.json));
  expect(dry.json.routing.attempts[0].connector).toBe("b");
  expect((await call("GET", "/api/payments")).json.data).toEqual([]);
  const { json: payment } = await pay({ amount: 9000 });
  const { json: receipt } = await call("GET", `/api/payments/${payment.id}/receipt`);
  expect(Object.keys(receipt)).toEqual(Object.keys(simulated.json));
  expect(Object.keys(receipt.attempts[0]).sort()).toEqual(Object.keys(simulated.json.attempts[0]).sort());
});

test("a simulation under an idempotency key is answered once", async () => {
  const headers = { "Idempotency-Key": "sim-1" };
  const first = await call("POST", "/api/routing/simulate", SMALL_BODY, headers);
  const again = await call("POST", "/api/routing/simulate", SMALL_BODY, headers);
  expect([again.text, again.headers.get("idempotent-replayed")]).toEqual([first.text, "true"]);
  expect((await call("POST", "/api/routing/simulate", { ...SMALL_BODY, amount: 1 }, headers)).status).toBe(422);
});

test("a cascade goes no further than maxAttempts", async () => {
  await addAccount("b", { declineRate: 1 });
  await addAccount("c");
  const card = { type: "card", card: { ...CARD, number: "4000000000009995" } };
  await call("PUT", "/api/routing", { default: { priority: ["sandbox", "b", "c"] }, retry: { maxAttempts: 2 } });
  const short = await pay({ paymentMethod: card });
  expect([short.json.status, short.json.attempts.length]).toEqual(["failed", 2]);
  await call("PUT", "/api/routing", { default: { priority: ["sandbox", "b", "c"] }, retry: { maxAttempts: 3 } });
  const long = await pay({ paymentMethod: card });
  expect([long.json.status, long.json.attempts.length, long.json.connector]).toEqual(["succeeded", 3, "c"]);
});

test("metadata that a rule looked at is in the receipt as it was then", async () => {
  await addAccount("b");
  await call("PUT", "/api/routing", {
    rules: [{ name: "gold", when: { field: "metadata.tier", op: "eq", value: "gold" }, use: { priority: ["b"] } }],
    default: { priority: ["sandbox"] },
  });
  const { json: payment } = await pay({ metadata: { tier: "gold" } });
  expect(payment.connector).toBe("b");
  await call("PATCH", `/api/payments/${payment.id}`, { metadata: { tier: "none" } });
  const { json } = await call("GET", `/api/payments/${payment.id}/receipt`);
  expect(json.facts.fields).toEqual({ "metadata.tier": "gold" });
  expect(verifyReceipt(json)).toEqual([]);
});

test("routing is configuration: a key needs its scope, and a publishable key gets nothing", async () => {
  const { json: reader } = await call("POST", "/api/keys", {
    type: "secret",
    mode: "test",
    name: "r",
    scopes: ["config:read"],
  });
  expect((await send("GET", "/api/routing", { key: reader.key })).status).toBe(200);
  const put = await send("PUT", "/api/routing", { key: reader.key, body: {} });
  expect([put.status, put.json.error.code]).toEqual([403, "scope_missing"]);
  expect((await send("GET", "/api/routing", { key: merchant.publishable.test })).status).toBe(403);
  expect((await send("GET", "/api/routing")).status).toBe(401);
});
