import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SMALL_BODY } from "../support/bodies.ts";
import { type Answer, makeClient, makeMerchant, type TestMerchant } from "../support/http.ts";

const send = makeClient();
let merchant: TestMerchant;
let builtIn: string;
beforeEach(async () => {
  merchant = await makeMerchant(send);
  builtIn = (await call("GET", "/api/connectors")).json.data[0].id;
});
afterEach(() => {
  vi.useRealTimers();
});

function call(method: string, path: string, body?: unknown): Promise<Answer> {
  return send(method, path, { key: merchant.secret.test, ...(body === undefined ? {} : { body }) });
}

async function addAccount(label: string, settings: Record<string, unknown> = {}): Promise<string> {
  return (await call("POST", "/api/connectors", { connector: "sandbox", label, settings })).json.id;
}

async function pay(
  body: Record<string, unknown> = {},
): Promise<{ id: string; status: string; attempts: { connector: string }[] }> {
  return (await call("POST", "/api/payments", { ...SMALL_BODY, paymentMethod: {}, ...body })).json;
}

async function firsts(payments: number): Promise<string[]> {
  const made = await Promise.all(Array.from({ length: payments }, () => pay()));
  return made.map(({ attempts }) => attempts[0]?.connector ?? "");
}

async function health(id = builtIn) {
  return (await call("GET", `/api/connectors/${id}/health`)).json;
}

function set(id: string, settings: Record<string, unknown>): Promise<Answer> {
  return call("PATCH", `/api/connectors/${id}`, { settings });
}

/** Sets the clock forward; calls still take real time. */
function skip(ms: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
}

test("an account that nobody used is healthy, and says that it was not used", async () => {
  expect(await health()).toMatchObject({
    connector: "sandbox",
    circuit: "closed",
    calls: 0,
    successRate: null,
    byRegion: [],
    timeline: [],
  });
});

test("an unknown account has no health", async () => {
  expect((await call("GET", "/api/connectors/ca_00000000000000000000000z/health")).status).toBe(404);
});

test("errors open the circuit; payments go past it, and its health tells", async () => {
  const b = await addAccount("b");
  await set(builtIn, { errorRate: 1 });
  expect(new Set(await firsts(10))).toEqual(new Set(["sandbox"]));
  const next = await pay();
  expect([next.status, next.attempts.map(({ connector }) => connector)]).toEqual(["succeeded", ["b"]]);
  const sick = await health();
  expect(sick).toMatchObject({
    circuit: "open",
    calls: 10,
    successRate: 0,
    errors: 10,
    byRegion: [{ region: "local", circuit: "open" }],
    circuitChanges: [{ region: "local", from: "closed", to: "open" }],
  });
  expect(sick.timeline.reduce((sum: number, { errors }: { errors: number }) => sum + errors, 0)).toBe(10);
  expect(await health(b)).toMatchObject({ circuit: "closed", calls: 11, successRate: 1, approvalRate: 1 });
  const { json: receipt } = await call("GET", `/api/payments/${next.id}/receipt`);
  expect(receipt.attempts[0].excluded).toEqual([{ id: builtIn, connector: "sandbox", reason: "circuit open" }]);
});

test("an account that recovers gets a few canaries first, and then its payments back", async () => {
  await addAccount("b");
  await set(builtIn, { errorRate: 1 });
  await firsts(10);
  await set(builtIn, { errorRate: 0 });
  skip(11_000);
  expect((await health()).circuit).toBe("half_open");
  const canaries: string[] = [];
  while (canaries.filter((label) => label === "sandbox").length < 3) canaries.push(...(await firsts(1)));
  expect(canaries).toContain("b");
  expect((await health()).circuit).toBe("closed");
  expect(new Set(await firsts(5))).toEqual(new Set(["sandbox"]));
});

test("silence opens the circuit, too, and is never taken for a decline", async () => {
  await addAccount("b");
  await set(builtIn, { timeoutRate: 1 });
  await firsts(10);
  expect(await health()).toMatchObject({ circuit: "open", timeouts: 10 });
  expect((await pay()).attempts[0]?.connector).toBe("b");
}, 30_000);

test("declines open nothing", async () => {
  await set(builtIn, { declineRate: 1 });
  await firsts(25);
  expect(await health()).toMatchObject({ circuit: "closed", successRate: 1, approvalRate: 0 });
});

test("where the only account is sick, payments are tried all the same", async () => {
  await set(builtIn, { errorRate: 1 });
  await firsts(12);
  expect((await health()).circuit).toBe("open");
  await set(builtIn, { errorRate: 0 });
  expect((await pay()).status).toBe("succeeded");
});

test("what one shard has seen, the others know", async () => {
  await env.DB.prepare("UPDATE merchants SET shards = 2 WHERE id = ?").bind(merchant.id).run();
  const fresh = makeClient();
  const { json: key } = await call("POST", "/api/keys", { type: "secret", mode: "test", name: "after" });
  merchant = { ...merchant, secret: { ...merchant.secret, test: key.key } };
  await addAccount("b");
  await set(builtIn, { errorRate: 1 });
  const seen = await Promise.all(
    Array.from({ length: 60 }, () =>
      fresh("POST", "/api/payments", { key: key.key, body: { ...SMALL_BODY, paymentMethod: {} } }),
    ),
  );
  expect(new Set(seen.map(({ json }) => json.id.slice(4, 6)))).toEqual(new Set(["00", "01"]));
  await health();
  skip(8_000);
  await health();
  expect(new Set(await firsts(12))).toEqual(new Set(["b"]));
});

test("bestRate learns from real outcomes which account approves", async () => {
  const good = await addAccount("good");
  await set(builtIn, { declineRate: 1 });
  const config = {
    default: { bestRate: { connectors: ["sandbox", "good"], explore: 0.1 } },
    retry: { maxAttempts: 1 },
  };
  expect((await call("PUT", "/api/routing", config)).status).toBe(200);
  for (let round = 0; round < 5; round++) await firsts(10);
  const late = await firsts(40);
  expect(late.filter((label) => label === "good").length).toBeGreaterThan(30);
  const { id } = await pay();
  const { json: receipt } = await call("GET", `/api/payments/${id}/receipt`);
  expect(receipt.attempts[0].scores.good).toBeGreaterThan(receipt.attempts[0].scores.sandbox);
  expect(receipt.facts.accounts.find((account: { id: string }) => account.id === good).counts[0][1]).toBeGreaterThan(
    10,
  );
});

test("a back-test of the merchant's own payments estimates what another configuration would have approved", async () => {
  await addAccount("b", { declineRate: 0 });
  await set(builtIn, { declineRate: 0.5 });
  const split = {
    default: {
      split: [
        { connector: "sandbox", weight: 1 },
        { connector: "b", weight: 1 },
      ],
    },
    retry: { maxAttempts: 1 },
  };
  await call("PUT", "/api/routing", split);
  const from = new Date(Date.now() - 60_000).toISOString();
  for (let round = 0; round < 6; round++) await firsts(20);
  const to = new Date(Date.now() + 60_000).toISOString();
  const { status, json } = await call("POST", "/api/routing/backtest", {
    config: { default: { priority: ["b"] } },
    from,
    to,
  });
  expect(status).toBe(200);
  expect(json).toMatchObject({ decisions: 120, coverage: 1, truncated: false, shares: { b: 1 } });
  expect(json.estimate.rate).toBe(1);
  expect(json.recordedRate).toBeLessThan(0.9);
  const none = await call("POST", "/api/routing/backtest", {
    config: {},
    from: "2020-01-01T00:00:00Z",
    to: "2020-01-02T00:00:00Z",
  });
  expect(none.json.decisions).toBe(0);
});

test("a back-test of a bad configuration or range tells every problem", async () => {
  const { status, json } = await call("POST", "/api/routing/backtest", {
    config: { default: { priority: ["x"] } },
    from: "yesterday",
  });
  expect(status).toBe(400);
  expect(json.error.issues.map(({ path }: { path: string }) => path).sort()).toEqual([
    "config.default.priority[0]",
    "from",
    "to",
  ]);
});
