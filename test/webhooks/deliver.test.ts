import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, test, vi } from "vitest";
import { deliver, type Sending } from "../../src/webhooks/deliver.ts";
import { withClientSecret } from "../../src/webhooks/event-text.ts";
import { readRetryAfter, RETRY_DELAYS_MS, retryDelayMs } from "../../src/webhooks/retry-schedule.ts";
import { makeSecret } from "../../src/webhooks/secret.ts";
import { signHeaders } from "../../src/webhooks/sign.ts";

afterEach(() => vi.restoreAllMocks());

const SECRET = makeSecret();

function send(answer: (request: Request) => Response | Promise<Response>, changes: Partial<Sending> = {}) {
  const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    // A mock's request knows no time limit: so the limit is kept here, as the runtime keeps it.
    const aborted = new Promise<never>((_, reject) =>
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)),
    );
    return Promise.race([answer(new Request(input as RequestInfo, init)), aborted]);
  });
  const sending = {
    id: "evt_1",
    body: "{}",
    url: "https://shop.example.com/",
    secrets: [SECRET],
    allowLocal: false,
    now: Date.now(),
  };
  return deliver({ ...sending, ...changes }).then((result) => ({ ...result, calls: spy.mock.calls.length }));
}

test("signatures verify with the specification's own library, changed bytes do not", () => {
  const body = JSON.stringify({ hello: "wörld €", n: 1 });
  const timestamp = Math.floor(Date.now() / 1000);
  const headers = signHeaders({ id: "evt_1", timestamp, body, secrets: [SECRET] });
  expect(new Webhook(SECRET).verify(body, headers)).toEqual(JSON.parse(body));
  expect(headers["webhook-signature"]).toBe(new Webhook(SECRET).sign("evt_1", new Date(timestamp * 1000), body));
  expect(() => new Webhook(SECRET).verify(`${body} `, headers)).toThrow();
  expect(() => new Webhook(makeSecret()).verify(body, headers)).toThrow();
  const two = signHeaders({ id: "evt_1", timestamp, body, secrets: [makeSecret(), SECRET] });
  expect(new Webhook(SECRET).verify(body, two)).toEqual(JSON.parse(body));
});

test("a secret is 256 random bits in Standard Webhooks' form", () => {
  expect(SECRET).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(makeSecret()).not.toBe(SECRET);
});

describe("an attempt", () => {
  test("keeps the status, the time and the first KB of the answer as text", async () => {
    const { attempt } = await send(() => new Response(`<b>${"é".repeat(5_000)}</b>`, { status: 502 }));
    expect(attempt).toMatchObject({ status: 502, error: null });
    expect(Buffer.byteLength(attempt.answer)).toBeLessThanOrEqual(1026);
    expect(attempt.answer.startsWith("<b>é")).toBe(true);
    expect(attempt.ms).toBeGreaterThanOrEqual(0);
  });

  test("follows no redirect", async () => {
    const { attempt, calls } = await send((request) => {
      expect(request.redirect).toBe("manual");
      return new Response(null, { status: 302, headers: { location: "https://127.0.0.1/" } });
    });
    expect(attempt.status).toBe(302);
    expect(calls).toBe(1);
  });

  test("reads no more than 16 KB of an answer that has no end", async () => {
    let sent = 0;
    let isCancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1024;
        controller.enqueue(new Uint8Array(1024).fill(97));
      },
      cancel: () => void (isCancelled = true),
    });
    const { attempt } = await send(() => new Response(endless));
    expect(attempt).toMatchObject({ status: 200, answer: "a".repeat(1024) });
    expect(sent).toBeLessThanOrEqual(20 * 1024);
    expect(isCancelled).toBe(true);
  });

  test("ends with its time limit where no answer comes", async () => {
    const { attempt } = await send(() => new Promise(() => {}), { timeoutMs: 50 });
    expect(attempt).toMatchObject({ status: null, error: "no answer within 0.05 s" });
  });

  test("says nothing about our network where the connection fails", async () => {
    const { attempt } = await send(() => Promise.reject(new Error("connect ECONNREFUSED 10.2.3.4:443")));
    expect(attempt).toMatchObject({ status: null, error: "the connection failed", answer: "" });
  });

  test("is not made to an address that must not be called", async () => {
    const { attempt, calls } = await send(() => new Response(), { url: "https://[::ffff:10.0.0.1]/" });
    expect(attempt).toMatchObject({ status: null, error: "not sent: the URL must name a host, not an address" });
    expect(calls).toBe(0);
  });
});

test("the schedule is the promised one, and lasts more than three days whatever the draw", () => {
  const seconds = RETRY_DELAYS_MS.map((ms) => ms / 1000);
  expect(seconds).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]);
  const total = (draw: number) =>
    RETRY_DELAYS_MS.reduce((sum, _, n) => sum + (retryDelayMs(n + 1, draw, null) ?? 0), 0);
  expect(total(0)).toBeGreaterThan(72 * 3_600_000);
  expect(total(0.999)).toBeLessThan(1.2 * total(0));
  expect(retryDelayMs(10, 0.5, null)).toBeNull();
});

test.each([
  ["120", 120_000],
  [" 5 ", 5_000],
  [new Date(1_800_000_060_000).toUTCString(), 60_000],
  ["0", null],
  ["-1", null],
  ["later", null],
  [new Date(1_700_000_000_000).toUTCString(), null],
  [null, null],
])("Retry-After %j asks for %j ms", (header, expected) => {
  expect(readRetryAfter(header, 1_800_000_000_000)).toBe(expected);
});

test("the client secret stands where the payment's own is, whatever the merchant's metadata says", () => {
  const payment = {
    metadata: { clientSecret: "", '"livemode":false,"clientSecret":"': "x" },
    livemode: false,
    clientSecret: "",
    customer: { clientSecret: "" },
  };
  const text = JSON.stringify({ data: { payment } });
  const filled = JSON.parse(withClientSecret(text, "pay_1_secret_2"));
  expect(filled.data.payment).toEqual({ ...payment, clientSecret: "pay_1_secret_2" });
});
