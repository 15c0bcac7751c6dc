import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { SMALL_BODY, UNKNOWN_PAYMENT } from "../support/bodies.ts";
import { makeClient, makeMerchant, type Send, type TestMerchant } from "../support/http.ts";
import { recordingShard } from "../support/recording-shard.ts";

let send: Send;
let merchant: TestMerchant;
let key: string;

beforeEach(async () => {
  send = makeClient({ shard: recordingShard().shard });
  merchant = await makeMerchant(send);
  key = merchant.secret.test;
});

describe("merchants", () => {
  test("the operator adds a merchant with a secret and a publishable key for each mode", async () => {
    const { status, json } = await send("POST", "/api/admin/merchants", {
      key: env.ADMIN_TOKEN,
      body: { name: "Corner shop" },
    });
    expect(status).toBe(201);
    expect(json).toEqual({
      id: expect.stringMatching(/^mer_[0-9a-z]{24}$/),
      name: "Corner shop",
      keys: [
        { id: expect.stringMatching(/^key_/), type: "secret", mode: "test", key: expect.stringMatching(/^sk_test_/) },
        {
          id: expect.stringMatching(/^key_/),
          type: "publishable",
          mode: "test",
          key: expect.stringMatching(/^pk_test_/),
        },
        { id: expect.stringMatching(/^key_/), type: "secret", mode: "live", key: expect.stringMatching(/^sk_live_/) },
        {
          id: expect.stringMatching(/^key_/),
          type: "publishable",
          mode: "live",
          key: expect.stringMatching(/^pk_live_/),
        },
      ],
    });
  });

  test("a merchant starts with the sandbox in test mode, and with no connector in live mode", async () => {
    const { json } = await send("GET", "/api/connectors", { key });
    expect(json.data).toMatchObject([
      {
        connector: "sandbox",
        label: "sandbox",
        enabled: true,
        mode: "test",
        settings: { webhookSecret: expect.stringMatching(/^.{32,}$/) },
      },
    ]);
    expect((await send("GET", "/api/connectors", { key: merchant.secret.live })).json.data).toEqual([]);
  });

  test("rawCards and shards are kept", async () => {
    const { json } = await send("POST", "/api/admin/merchants", {
      key: env.ADMIN_TOKEN,
      body: { name: "Large", rawCards: true, shards: 256 },
    });
    expect(await env.DB.prepare("select raw_cards, shards from merchants where id = ?").bind(json.id).first()).toEqual({
      raw_cards: 1,
      shards: 256,
    });
  });

  test("only the operator's token may, and only with a sound body", async () => {
    for (const credential of [null, key, `${env.ADMIN_TOKEN}x`, env.ADMIN_TOKEN.slice(0, -1), ""]) {
      const { status, json } = await send("POST", "/api/admin/merchants", { key: credential, body: { name: "x" } });
      expect([status, json.error.code]).toEqual([401, "unauthorized"]);
    }
    for (const body of [
      {},
      { name: "" },
      { name: "x", shards: 0 },
      { name: "x", shards: 257 },
      { name: "x", rawCards: "yes" },
      { name: "x", more: 1 },
    ]) {
      expect((await send("POST", "/api/admin/merchants", { key: env.ADMIN_TOKEN, body })).status).toBe(400);
    }
  });
});

describe("keys", () => {
  const wish = { type: "secret", mode: "test", name: "checkout" };
  const make = (part: object = {}, credential = key) =>
    send("POST", "/api/keys", { key: credential, body: { ...wish, ...part } });

  test("a new key is shown once, and works", async () => {
    const { status, json } = await make({ scopes: ["PAYMENTS:READ"], expiresAt: "2099-01-01T00:00:00Z" });
    expect(status).toBe(201);
    expect(json).toEqual({
      id: expect.stringMatching(/^key_[0-9a-z]{24}$/),
      type: "secret",
      mode: "test",
      name: "checkout",
      scopes: ["payments:read"],
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      expiresAt: "2099-01-01T00:00:00.000Z",
      lastUsed: null,
      key: expect.stringMatching(/^sk_test_/),
    });
    expect((await send("GET", `/api/payments/${UNKNOWN_PAYMENT}`, { key: json.key })).status).toBe(201);
    const { text } = await send("GET", "/api/keys", { key });
    expect(text).not.toContain(json.key.split("_")[3]);
  });

  test("the list is the mode's own, newest first, page by page", async () => {
    const made = [];
    const clock = vi.spyOn(Date, "now");
    for (let n = 0; n < 5; n += 1) {
      // Two in the same millisecond, so that the id has to decide.
      clock.mockReturnValue(Date.UTC(2030, 0, 1) + Math.floor(n / 2));
      made.push((await make({ name: `k${n}` })).json);
    }
    vi.restoreAllMocks();
    const seen: { id: string; created: string; name: string }[] = [];
    let cursor = "";
    do {
      const { json } = await send("GET", `/api/keys?limit=2${cursor}`, { key });
      expect(json.data.length).toBeLessThanOrEqual(2);
      expect(json.hasMore).toBe(json.nextCursor !== null);
      seen.push(...json.data);
      cursor = json.nextCursor === null ? "" : `&cursor=${json.nextCursor}`;
    } while (cursor !== "");
    const named = seen.filter(({ name }) => name.startsWith("k")).map(({ id }) => id);
    expect(new Set(named)).toEqual(new Set(made.map(({ id }) => id)));
    expect(seen).toHaveLength(7);
    const order = seen.map(({ created, id }) => `${created} ${id}`);
    expect(order).toEqual([...order].sort().reverse());
    for (const bad of ["x", "MTIz", "e30="])
      expect((await send("GET", `/api/keys?cursor=${bad}`, { key })).json.error.param).toBe("cursor");
  });

  test("a revoked key is gone from the list, and cannot be revoked or rotated again", async () => {
    const { json } = await make();
    expect(await send("DELETE", `/api/keys/${json.id}`, { key })).toMatchObject({
      status: 200,
      json: { id: json.id, deleted: true },
    });
    expect((await send("GET", "/api/keys", { key })).text).not.toContain(json.id);
    expect((await send("DELETE", `/api/keys/${json.id}`, { key })).status).toBe(404);
    expect((await send("POST", `/api/keys/${json.id}/rotate`, { key })).status).toBe(404);
  });

  test("another merchant's or mode's key is not found", async () => {
    const neighbour = await makeMerchant(send);
    const { json } = await make();
    for (const credential of [neighbour.secret.test, merchant.secret.live]) {
      expect((await send("DELETE", `/api/keys/${json.id}`, { key: credential })).status).toBe(404);
      expect((await send("POST", `/api/keys/${json.id}/rotate`, { key: credential })).status).toBe(404);
    }
    expect((await send("GET", "/api/keys", { key: json.key })).status).toBe(200);
  });

  test("a rotated key goes on for the overlap, and its successor is like it", async () => {
    const { json: old } = await make({ scopes: ["payments:write"] });
    const { status, json: fresh } = await send("POST", `/api/keys/${old.id}/rotate`, {
      key,
      body: { overlapHours: 2 },
    });
    expect(status).toBe(201);
    expect(fresh).toMatchObject({
      type: "secret",
      mode: "test",
      name: "checkout",
      scopes: ["payments:write"],
      key: expect.stringMatching(/^sk_test_/),
    });
    expect(fresh.id).not.toBe(old.id);
    const works = async (credential: string) =>
      (await send("POST", "/api/payments", { key: credential, body: SMALL_BODY })).status;
    expect([await works(old.key), await works(fresh.key)]).toEqual([201, 201]);
    const now = Date.now();
    vi.spyOn(Date, "now").mockReturnValue(now + 2 * 3_600_000 + 1);
    expect([await works(old.key), await works(fresh.key)]).toEqual([401, 201]);
    vi.restoreAllMocks();
  });

  test("without an overlap a rotated key ends at once, with the default it lasts a day", async () => {
    const { json: old } = await make();
    await send("POST", `/api/keys/${old.id}/rotate`, { key, body: { overlapHours: 0 } });
    expect((await send("GET", "/api/keys", { key: old.key })).status).toBe(401);
    const { json: other } = await make();
    await send("POST", `/api/keys/${other.id}/rotate`, { key });
    const listed = (await send("GET", "/api/keys?limit=100", { key })).json.data.find(
      ({ id }: { id: string }) => id === other.id,
    );
    expect(Date.parse(listed.expiresAt) - Date.now()).toBeGreaterThan(23.9 * 3_600_000);
  });

  test("a key makes no key that could do more than itself", async () => {
    const { json: limited } = await make({ scopes: ["keys:write", "payments:read"] });
    for (const [part, credential] of [
      [{ mode: "live" }, key],
      [{ scopes: ["refunds:write"] }, limited.key],
      [{}, limited.key],
    ] as const) {
      const { status, json } = await make(part, credential);
      expect([status, json.error.code]).toEqual([403, "scope_missing"]);
    }
    expect((await make({ scopes: ["payments:read"] }, limited.key)).status).toBe(201);
    const strong = merchant.keys.find(({ type, mode }) => type === "secret" && mode === "test");
    expect((await send("POST", `/api/keys/${strong?.id}/rotate`, { key: limited.key })).status).toBe(403);
    expect((await make({ mode: "live" }, merchant.secret.live)).status).toBe(201);
  });

  test("what is no wish for a key is refused", async () => {
    for (const [part, param] of [
      [{ type: "root" }, "type"],
      [{ mode: "prod" }, "mode"],
      [{ name: "" }, "name"],
      [{ scopes: [] }, "scopes"],
      [{ scopes: ["all"] }, "scopes[0]"],
      [{ expiresAt: "soon" }, "expiresAt"],
      [{ expiresAt: "2001-01-01T00:00:00Z" }, "expiresAt"],
      [{ key: "sk_test_mine" }, "key"],
    ] as const) {
      const { status, json } = await make(part);
      expect([status, json.error.param]).toEqual([400, param]);
    }
    for (const overlapHours of [-1, 169, 1.5, "1"]) {
      expect(
        (await send("POST", `/api/keys/${merchant.keys[0]?.id}/rotate`, { key, body: { overlapHours } })).json.error
          .param,
      ).toBe("overlapHours");
    }
  });
});
