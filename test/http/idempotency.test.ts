import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { FULL_BODY, SMALL_BODY, UNKNOWN_PAYMENT } from "../support/bodies.ts";
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

const keyed = (name: string) => ({ "idempotency-key": name });

describe("the header", () => {
  test("1 to 255 printable ASCII characters are a key; another or an empty one is refused on every POST", async () => {
    const routes: [string, unknown][] = [
      ["/api/payments", SMALL_BODY],
      [`/api/payments/${UNKNOWN_PAYMENT}/capture`, {}],
      ["/api/refunds", { paymentId: UNKNOWN_PAYMENT }],
      ["/api/keys", { type: "secret", mode: "test", name: "x" }],
      ["/api/connectors", { connector: "sandbox", label: "b" }],
    ];
    for (const [path, body] of routes) {
      for (const bad of ["", "x".repeat(256), "a\tb", "a\u007f"]) {
        const { status, json } = await send("POST", path, { key, body, headers: keyed(bad) });
        expect([path, status, json.error.code, json.error.param]).toEqual([
          path,
          400,
          "parameter_invalid",
          "Idempotency-Key",
        ]);
      }
    }
    expect(calls).toEqual([]);
    for (const good of ["x", "~".repeat(255), "a b", '"quoted"', "one, two"]) {
      expect((await send("POST", "/api/payments", { key, body: SMALL_BODY, headers: keyed(good) })).status).toBe(201);
    }
  });

  test("it means nothing on a GET", async () => {
    expect((await send("GET", `/api/payments/${UNKNOWN_PAYMENT}`, { key, headers: keyed("") })).status).toBe(201);
  });
});

describe("payments", () => {
  const create = async (body: unknown, headers: Record<string, string> = {}, credential = key) => {
    const answer = await send("POST", "/api/payments", { key: credential, body, headers });
    expect(answer.status).toBe(201);
    return calls.at(-1)?.args[1];
  };

  test("the same key names the same payment, claim and fingerprint, however the body is written", async () => {
    const first = await create(FULL_BODY, keyed("k"));
    const reversed = JSON.stringify(Object.fromEntries(Object.entries(FULL_BODY).reverse()), null, 3);
    const second = await create(reversed, keyed("k"));
    expect(second.paymentId).toBe(first.paymentId);
    expect(second.idempotency).toEqual(first.idempotency);
  });

  test("another key, merchant or mode is another payment; no key is always another", async () => {
    const neighbour = await makeMerchant(send);
    const created = [
      await create(SMALL_BODY, keyed("k")),
      await create(SMALL_BODY, keyed("l")),
      await create(SMALL_BODY, keyed("k"), merchant.secret.live),
      await create(SMALL_BODY, keyed("k"), neighbour.secret.test),
      await create(SMALL_BODY),
      await create(SMALL_BODY),
    ];
    expect(new Set(created.map(({ paymentId }) => paymentId)).size).toBe(6);
    expect(created.map(({ idempotency }) => idempotency === null)).toEqual([false, false, false, false, true, true]);
  });

  test("another body has another fingerprint; a default that is written out is another body", async () => {
    const { idempotency: first } = await create(SMALL_BODY, keyed("k"));
    for (const body of [
      { ...SMALL_BODY, amount: 1001 },
      { ...SMALL_BODY, confirm: true },
      { ...SMALL_BODY, currency: "GBP" },
    ]) {
      const { idempotency } = await create(body, keyed("k"));
      expect(idempotency.name).toBe(first.name);
      expect(idempotency.fingerprint).not.toBe(first.fingerprint);
    }
  });

  test("a claim tells neither the key nor the body", async () => {
    const { idempotency } = await create(SMALL_BODY, keyed("order-1001"));
    expect(idempotency).toEqual({
      name: expect.stringMatching(/^[0-9a-f]{64}$/),
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test("the same key on another path is another claim", async () => {
    const names = [];
    for (const operation of ["capture", "cancel"]) {
      await send("POST", `/api/payments/${UNKNOWN_PAYMENT}/${operation}`, { key, headers: keyed("k") });
      names.push(calls.at(-1)?.args[1].idempotency.name);
    }
    await send("POST", "/api/refunds", { key, body: { paymentId: UNKNOWN_PAYMENT }, headers: keyed("k") });
    names.push(calls.at(-1)?.args[1].idempotency.name);
    expect(new Set(names).size).toBe(3);
  });

  test("a validation error reaches no shard, so it burns no key", async () => {
    const { status } = await send("POST", "/api/payments", { key, body: { amount: 1 }, headers: keyed("k") });
    expect([status, calls]).toEqual([400, []]);
  });

  test("a real shard answers a repeat with the first answer's bytes, and another body with 422", async () => {
    const real = makeClient();
    const wish = { key, body: FULL_BODY, headers: keyed("k") };
    const first = await real("POST", "/api/payments", wish);
    const again = await real("POST", "/api/payments", wish);
    expect([again.status, again.text]).toEqual([first.status, first.text]);
    expect([first.headers.get("idempotent-replayed"), again.headers.get("idempotent-replayed")]).toEqual([
      null,
      "true",
    ]);
    const other = await real("POST", "/api/payments", { ...wish, body: { ...FULL_BODY, amount: 2 } });
    expect([other.status, other.json.error.code, other.json.error.type]).toEqual([
      422,
      "idempotency_key_reused",
      "idempotency",
    ]);
  });
});

describe("what stands in D1 only", () => {
  const wish = { type: "secret", mode: "test", name: "twin" };
  const count = () => env.DB.prepare("select count(*) as n from api_keys where name = 'twin'").first<number>("n");
  const make = (body: object = wish, name = "k", credential = key) =>
    send("POST", "/api/keys", { key: credential, body, headers: keyed(name) });

  test("a repeat gets the first answer again, secret and all, and makes nothing", async () => {
    const first = await make();
    const again = await make();
    expect([again.status, again.text]).toEqual([first.status, first.text]);
    expect([first.headers.get("idempotent-replayed"), again.headers.get("idempotent-replayed")]).toEqual([
      null,
      "true",
    ]);
    expect(await count()).toBe(1);
  });

  test("concurrent twins make one thing and get one answer", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => make()));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(await count()).toBe(1);
  });

  test("another body with the same key answers 422 and makes nothing", async () => {
    await make();
    const { status, json } = await make({ ...wish, scopes: ["payments:read"] });
    expect([status, json.error.code]).toEqual([422, "idempotency_key_reused"]);
    expect(await count()).toBe(1);
  });

  test("the same key of another mode or merchant is another", async () => {
    const neighbour = await makeMerchant(send);
    await make();
    await make({ ...wish, mode: "live" }, "k", merchant.secret.live);
    await make(wish, "k", neighbour.secret.test);
    expect(await count()).toBe(3);
  });

  test("a refusal burns no key", async () => {
    expect((await make({ ...wish, mode: "nowhere" })).status).toBe(400);
    expect((await make()).status).toBe(201);
  });

  test("the stored answer is sealed: D1 does not know the key that it shows", async () => {
    const { json } = await make();
    const rows = JSON.stringify(await env.DB.prepare("select * from idempotency_keys").all());
    expect(rows).not.toContain(json.key);
    expect(rows).not.toContain("twin");
  });

  test("the operator's merchants are idempotent too", async () => {
    const add = (name: string) =>
      send("POST", "/api/admin/merchants", { key: env.ADMIN_TOKEN, body: { name }, headers: keyed("m") });
    const first = await add("One");
    expect((await add("One")).text).toBe(first.text);
    expect((await add("Two")).status).toBe(422);
  });
});
