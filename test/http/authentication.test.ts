import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { checksum, mintKey, parseKey } from "../../src/http/api-key.ts";
import { KeyCache } from "../../src/http/key-cache.ts";
import { RateShield, SHIELD_LIMIT } from "../../src/http/rate-shield.ts";
import { createApp } from "../../src/http/app.ts";
import { SMALL_BODY, UNKNOWN_PAYMENT } from "../support/bodies.ts";
import { makeClient, makeMerchant, type Send, type TestMerchant } from "../support/http.ts";
import { type RecordedCall, recordingShard } from "../support/recording-shard.ts";

let calls: RecordedCall[];
let send: Send;
let merchant: TestMerchant;
let key: string;

beforeEach(async () => {
  const recording = recordingShard();
  calls = recording.calls;
  send = makeClient({ shard: recording.shard });
  merchant = await makeMerchant(send);
  key = merchant.secret.test;
});

const basic = (user: string, password = "") => `Basic ${btoa(`${user}:${password}`)}`;

function read(authorization?: string) {
  return send(
    "GET",
    `/api/payments/${UNKNOWN_PAYMENT}`,
    authorization === undefined ? {} : { headers: { authorization } },
  );
}

describe("keys", () => {
  test("a key has its form, a checksum, and an id that finds its row", () => {
    for (const type of ["secret", "publishable"] as const) {
      for (const mode of ["test", "live"] as const) {
        const { id, key: minted } = mintKey(type, mode);
        expect(minted).toMatch(type === "secret" ? /^sk_/ : /^pk_/);
        expect(minted.split("_")[3]).toHaveLength(33 + 6);
        expect(parseKey(minted)).toEqual({ id, type, mode });
      }
    }
  });

  test("a typo at any place is no key, without asking anybody", () => {
    const { key: minted } = mintKey("secret", "test");
    for (let at = 8; at < minted.length; at += 1) {
      const other = minted[at] === "a" ? "b" : "a";
      expect(parseKey(minted.slice(0, at) + other + minted.slice(at + 1))).toBe(null);
    }
    for (const text of [
      minted.slice(0, -1),
      `${minted}0`,
      ` ${minted}`,
      minted.toUpperCase(),
      minted.replace("sk_test", "sk_live"),
      "",
    ]) {
      expect(parseKey(text)).toBe(null);
    }
  });

  test("only a keyed hash of a key is stored", async () => {
    const rows = JSON.stringify(await env.DB.prepare("select * from api_keys").all());
    for (const { key: shown } of merchant.keys) {
      expect(rows).not.toContain(shown);
      expect(rows).not.toContain(shown.split("_")[3]);
    }
  });
});

describe("credentials", () => {
  test("a secret key passes as a bearer token, or as the user name of Basic with an empty password", async () => {
    for (const authorization of [`Bearer ${key}`, `bearer ${key}`, basic(key)]) {
      expect([authorization, (await read(authorization)).status]).toEqual([authorization, 201]);
    }
  });

  test("a missing, malformed, unknown, revoked or expired key answers one and the same 401", async () => {
    const { json: revoked } = await send("POST", "/api/keys", {
      key,
      body: { type: "secret", mode: "test", name: "x" },
    });
    await send("DELETE", `/api/keys/${revoked.id}`, { key });
    const { json: expiring } = await send("POST", "/api/keys", {
      key,
      body: { type: "secret", mode: "test", name: "x", expiresAt: new Date(Date.now() + 60_000).toISOString() },
    });
    await env.DB.prepare("update api_keys set expires_at = ? where id = ?")
      .bind(Date.now() - 1, expiring.id)
      .run();
    const impostor = forge(key);
    const answers = await Promise.all(
      [
        undefined,
        "",
        "Bearer",
        "Bearer x",
        `Bearer ${key}x`,
        `Bearer ${key} x`,
        key,
        `Token ${key}`,
        basic(key, "password"),
        "Basic !!!",
        basic(""),
        `Bearer ${mintKey("secret", "test").key}`,
        `Bearer ${impostor}`,
        `Bearer ${revoked.key}`,
        `Bearer ${expiring.key}`,
        `Bearer ${env.ADMIN_TOKEN}`,
      ].map(read),
    );
    for (const { status, json, headers } of answers) {
      expect(status).toBe(401);
      expect(json).toEqual({
        error: {
          type: "authentication",
          code: "unauthorized",
          message: "The API key is missing or not valid.",
          requestId: headers.get("request-id"),
        },
      });
    }
    expect(calls).toEqual([]);
  });

  test("a publishable key where a secret one is due answers 403", async () => {
    const { status, json } = await send("POST", "/api/payments", { key: merchant.publishable.test, body: SMALL_BODY });
    expect([status, json.error.code]).toEqual([403, "scope_missing"]);
  });

  test("merchant and mode come from the key and nothing else", async () => {
    await send("POST", "/api/payments", {
      key,
      body: SMALL_BODY,
      headers: { "x-merchant": "mer_other", "x-mode": "live" },
    });
    expect(calls[0]?.address).toMatchObject({ merchantId: merchant.id, mode: "test" });
    await send("POST", "/api/payments", { key: merchant.secret.live, body: SMALL_BODY });
    expect(calls[1]?.address).toMatchObject({ merchantId: merchant.id, mode: "live" });
  });

  test("a key without the scope answers 403, with it passes", async () => {
    const routes: [string, string, string, unknown][] = [
      ["payments:read", "GET", `/api/payments/${UNKNOWN_PAYMENT}`, undefined],
      ["payments:write", "POST", "/api/payments", SMALL_BODY],
      ["payments:write", "POST", `/api/payments/${UNKNOWN_PAYMENT}/capture`, {}],
      ["refunds:write", "POST", "/api/refunds", { paymentId: UNKNOWN_PAYMENT }],
      ["config:read", "GET", "/api/connectors", undefined],
      ["config:write", "POST", "/api/connectors", { connector: "sandbox", label: "b" }],
      ["keys:write", "POST", "/api/keys", { type: "secret", mode: "test", name: "x", scopes: ["keys:write"] }],
    ];
    for (const [scope, method, path, body] of routes) {
      const others = [
        "payments:read",
        "payments:write",
        "refunds:write",
        "config:read",
        "config:write",
        "keys:write",
      ].filter((each) => each !== scope);
      const wish = { type: "secret", mode: "test", name: scope };
      const { json: without } = await send("POST", "/api/keys", { key, body: { ...wish, scopes: others } });
      const { json: only } = await send("POST", "/api/keys", { key, body: { ...wish, scopes: [scope] } });
      const refused = await send(method, path, { key: without.key, body });
      expect([path, refused.status, refused.json.error.code]).toEqual([path, 403, "scope_missing"]);
      expect((await send(method, path, { key: only.key, body })).status).toBeLessThan(300);
    }
  });
});

describe("the isolate's memory", () => {
  /** D1 that counts its queries, and can be down. */
  function countingDatabase() {
    const state = { queries: 0, isDown: false };
    const db = new Proxy(env.DB, {
      get(target, name) {
        const member = Reflect.get(target, name) as unknown;
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          if (state.isDown) throw new Error("D1_ERROR: Network connection lost.");
          state.queries += 1;
          return Reflect.apply(member, target, args) as unknown;
        };
      },
    });
    return { state, db };
  }

  test("a key is looked up once, not for each request", async () => {
    const { state, db } = countingDatabase();
    const { shard } = recordingShard();
    const counted = makeClient({ shard, env: { DB: db } });
    await counted("POST", "/api/payments", { key, body: SMALL_BODY });
    const first = state.queries;
    for (let n = 0; n < 10; n += 1) await counted("POST", "/api/payments", { key, body: SMALL_BODY });
    expect(state.queries).toBe(first);
    expect(first).toBeLessThanOrEqual(2);
  });

  test("a wrong key is remembered too, and one with a wrong checksum is not looked up at all", async () => {
    const { state, db } = countingDatabase();
    const counted = makeClient({ env: { DB: db } });
    const unknown = mintKey("secret", "test").key;
    for (let n = 0; n < 5; n += 1) await counted("GET", "/api/keys", { key: unknown });
    expect(state.queries).toBe(1);
    await counted("GET", "/api/keys", { key: `${unknown.slice(0, -1)}${unknown.endsWith("0") ? "1" : "0"}` });
    expect(state.queries).toBe(1);
  });

  test("with D1 down a known key goes on, and an unknown one answers 503, never 401", async () => {
    const { state, db } = countingDatabase();
    const { shard } = recordingShard();
    const counted = makeClient({ shard, env: { DB: db } });
    await counted("POST", "/api/payments", { key, body: SMALL_BODY });
    state.isDown = true;
    expect((await counted("POST", "/api/payments", { key, body: SMALL_BODY })).status).toBe(201);
    const { status, json, headers } = await counted("GET", "/api/payments/x", { key: merchant.secret.live });
    expect([status, json.error.code, headers.has("retry-after")]).toEqual([503, "unavailable", true]);
  });

  test("a revoked key is refused at once by the machine that revoked it", async () => {
    const { json: made } = await send("POST", "/api/keys", { key, body: { type: "secret", mode: "test", name: "x" } });
    expect((await send("GET", "/api/keys", { key: made.key })).status).toBe(200);
    await send("DELETE", `/api/keys/${made.id}`, { key });
    expect((await send("GET", "/api/keys", { key: made.key })).status).toBe(401);
  });

  test("a key is forgotten after 30 s, a wrong one after 5 s, and the oldest when there are too many", () => {
    const cache = new KeyCache();
    const known = { caller: { keyId: "key_a" } as never, expiresAt: null, lastUsed: null };
    cache.set("right", known, 0);
    cache.set("wrong", null, 0);
    expect([cache.get("right", 29_999), cache.get("wrong", 4999), cache.get("never", 0)]).toEqual([
      known,
      null,
      undefined,
    ]);
    expect([cache.get("right", 30_000), cache.get("wrong", 5000)]).toEqual([undefined, undefined]);
    cache.set("first", known, 0);
    for (let n = 0; n < 10_000; n += 1) cache.set(`d${n}`, null, 0);
    expect(cache.get("first", 0)).toBe(undefined);
    expect(cache.get("d9999", 0)).toBe(null);
  });

  test("an expiry is honoured though the key is remembered", async () => {
    const expiresAt = Date.now() + 60_000;
    const { json: made } = await send("POST", "/api/keys", {
      key,
      body: { type: "secret", mode: "test", name: "x", expiresAt: new Date(expiresAt).toISOString() },
    });
    expect((await send("GET", "/api/keys", { key: made.key })).status).toBe(200);
    vi.spyOn(Date, "now").mockReturnValue(expiresAt + 1);
    try {
      expect((await send("GET", "/api/keys", { key: made.key })).status).toBe(401);
    } finally {
      vi.restoreAllMocks();
    }
  });

  test("lastUsed is kept, with at most one write in five minutes", async () => {
    const lastUsed = () =>
      env.DB.prepare("select last_used from api_keys where id = ?").bind(parseKey(key)?.id).first<number>("last_used");
    const start = Date.now();
    await send("GET", "/api/keys", { key });
    const first = await lastUsed();
    expect(first).toBeGreaterThanOrEqual(start);
    const clock = vi.spyOn(Date, "now");
    try {
      clock.mockReturnValue(start + 4 * 60_000);
      await send("GET", "/api/keys", { key });
      expect(await lastUsed()).toBe(first);
      clock.mockReturnValue(start + 6 * 60_000);
      await send("GET", "/api/keys", { key });
      expect(await lastUsed()).toBe(start + 6 * 60_000);
    } finally {
      vi.restoreAllMocks();
    }
  });
});

describe("the shield", () => {
  test("a second's requests are bounded, an unused second may be caught up once", () => {
    const shield = new RateShield(100);
    const admitted = (now: number, requests: number) =>
      Array.from({ length: requests }, () => shield.admit("k", now)).filter(Boolean).length;
    expect(admitted(0, 300)).toBe(100);
    expect(admitted(1000, 300)).toBe(100);
    expect(admitted(5000, 300)).toBe(200);
    expect(admitted(6000, 40)).toBe(40);
    expect(admitted(7000, 300)).toBe(160);
    expect(shield.admit("another", 7000)).toBe(true);
  });

  test("it never stands in the way of 500 requests a second", () => {
    expect(SHIELD_LIMIT).toBeGreaterThanOrEqual(500);
  });

  test("a flood of one key answers 429 with retry-after, and other keys go on", async () => {
    const app = createApp({ shard: recordingShard().shard });
    const context = {
      waitUntil: () => undefined,
      passThroughOnException: () => undefined,
      props: {},
    } as unknown as ExecutionContext;
    const ask = (credential: string) =>
      app.fetch(
        new Request(`http://localhost/api/payments/${UNKNOWN_PAYMENT}`, {
          headers: { authorization: `Bearer ${credential}` },
        }),
        env,
        context,
      );
    vi.spyOn(Date, "now").mockReturnValue(Date.now());
    vi.spyOn(console, "log").mockImplementation(() => undefined);
    try {
      const statuses = [];
      for (let n = 0; n < 2 * SHIELD_LIMIT + 1; n += 1) statuses.push((await ask(key)).status);
      expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
      const refused = await ask(key);
      expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
      expect((await ask(merchant.secret.live)).status).toBe(201);
    } finally {
      vi.restoreAllMocks();
    }
  });
});

/** A key of the right form and checksum, with another's id: only its secret is wrong. */
function forge(real: string): string {
  const [, , id] = real.split("_");
  const body = mintKey("secret", "test")
    .key.replace(/^sk_test_[^_]+/, `sk_test_${id}`)
    .slice(0, -6);
  return body + checksum(body);
}
