import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { challengeId, parseChallengeId } from "../../src/connectors/sandbox/challenge-id.ts";
import type { ProcessorCall } from "../../src/connectors/connector.ts";
import type { AppEnv } from "../../src/http/env.ts";
import { observe } from "../../src/http/middleware/observe.ts";
import { setSecurityHeaders } from "../../src/http/middleware/security-headers.ts";
import { sandboxRoutes } from "../../src/http/routes/sandbox.ts";
import { followingCall, openingCall } from "./calls.ts";
import { ledgerOf, letPass, lookup, moves, perform } from "./sandbox-talk.ts";

const CHALLENGED = "4000003800000446";
const app = new Hono<AppEnv>().use(observe, setSecurityHeaders).route("/", sandboxRoutes);

async function ask(url: string, init?: RequestInit): Promise<Response> {
  return app.request(url, init, env, createExecutionContext());
}

function decide(url: string, button: "approve" | "reject"): Promise<Response> {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return ask(url, { method: "POST", headers, body: `${button}=1` });
}

async function challenged(
  card: string | null = CHALLENGED,
  changes: Partial<ProcessorCall> = {},
  kind: "charge" | "authorize" | "verify" = "charge",
) {
  const call = openingCall(kind, card, changes);
  const outcome = await perform(call);
  if (outcome.kind !== "challenge") throw new Error(`not challenged: ${JSON.stringify(outcome)}`);
  const finish = followingCall(call, "authenticate", { attemptReference: outcome.reference });
  return { call, finish, url: outcome.url, reference: outcome.reference };
}

describe("a challenge", () => {
  test("is a page on the origin of our return handler, and asking again gives the same page", async () => {
    const { call, finish, url, reference } = await challenged();
    expect(new URL(url).origin).toBe("https://pay.example");
    expect(await lookup(call)).toEqual({ kind: "challenge", reference, url });
    expect(await perform(finish)).toEqual({ kind: "challenge", reference, url });
    expect(await moves(call.paymentId)).toEqual([]);
  });

  test("that is approved charges once, under the attempt's key", async () => {
    const { call, finish, url } = await challenged();
    await decide(url, "approve");
    for (let n = 0; n < 2; n++)
      expect(await perform(finish)).toMatchObject({ kind: "approved", amount: 1000, currency: "gbp" });
    expect(await lookup(call)).toMatchObject({ kind: "approved" });
    expect(await lookup(finish)).toMatchObject({ kind: "approved" });
    expect(await ledgerOf(call.paymentId)).toMatchObject([
      { operation: "charge", amount: 1000, idempotencyKey: call.key },
    ]);
  });

  test("that is approved holds where an authorisation was asked for, and the hold can be captured", async () => {
    const { call, finish, url, reference } = await challenged(CHALLENGED, {}, "authorize");
    await decide(url, "approve");
    expect(await perform(finish)).toMatchObject({ kind: "approved" });
    expect(await perform(followingCall(call, "capture", { attemptReference: reference, amount: 600 }))).toMatchObject({
      kind: "approved",
    });
    expect(await moves(call.paymentId)).toEqual(["authorize 1000", "capture 600"]);
  });

  test("of a verification moves nothing", async () => {
    const { call, finish, url } = await challenged(CHALLENGED, {}, "verify");
    await decide(url, "approve");
    expect(await perform(finish)).toMatchObject({ kind: "approved", amount: 0 });
    expect(await moves(call.paymentId)).toEqual([]);
  });

  test("that is rejected is a failed authentication, and the first decision stands", async () => {
    const { call, finish, url } = await challenged();
    const first = await decide(url, "reject");
    const second = await decide(url, "approve");
    expect(second.headers.get("location")).toBe(first.headers.get("location"));
    expect(await perform(finish)).toMatchObject({ kind: "declined", error: { category: "authentication_failed" } });
    expect(await lookup(call)).toMatchObject({ kind: "declined", error: { category: "authentication_failed" } });
    expect(await moves(call.paymentId)).toEqual([]);
  });

  test("that is withdrawn cannot be approved any more", async () => {
    const { call, finish, url, reference } = await challenged();
    const cancel = followingCall(call, "void", { attemptReference: reference, amount: 0 });
    expect(await perform(cancel)).toMatchObject({ kind: "approved", amount: 0 });
    await decide(url, "approve");
    expect(await perform(finish)).toMatchObject({ kind: "declined" });
    expect(await moves(call.paymentId)).toEqual([]);
  });

  test("that was approved before it is withdrawn is voided whole", async () => {
    const { call, url, reference } = await challenged(CHALLENGED, {}, "authorize");
    await decide(url, "approve");
    const cancel = followingCall(call, "void", { attemptReference: reference, amount: 0 });
    expect(await perform(cancel)).toMatchObject({ kind: "approved", amount: 1000 });
    expect(await moves(call.paymentId)).toEqual(["authorize 1000", "void 1000"]);
  });

  test("that nobody answers for an hour is over", async () => {
    const { call, finish, url } = await challenged();
    await letPass(3_600_000);
    await decide(url, "approve");
    expect(await perform(finish)).toMatchObject({ kind: "declined", error: { category: "authentication_failed" } });
    expect(await moves(call.paymentId)).toEqual([]);
  });

  test.each([
    [
      "an authentication that was run elsewhere",
      { authentication: { external: { eci: "05", cavv: "x", dsTransactionId: "d", version: "2.2.0" } } },
    ],
    ["the wish to skip it", { authentication: { threeDs: "skip" as const } }],
    ["a payment off session", { offSession: true }],
  ])("is left out for %s", async (_, wishes) => {
    const call = openingCall("charge", CHALLENGED);
    expect(await perform({ ...call, details: { ...call.details, ...wishes } })).toMatchObject({ kind: "approved" });
  });

  test("that is forced on an ordinary card is frictionless", async () => {
    const call = openingCall("charge", "4242424242424242");
    expect(
      await perform({ ...call, details: { ...call.details, authentication: { threeDs: "force" } } }),
    ).toMatchObject({ kind: "approved" });
  });

  test.each(["wallet", "bank_redirect", "pay_later", "bank_transfer"])("is how %s is paid", async (type) => {
    const { finish, url } = await challenged(null, { method: { type, provider: "klarna" } });
    await decide(url, "approve");
    expect(await perform(finish)).toMatchObject({ kind: "approved" });
  });

  test("without an attempt cannot be finished", async () => {
    const call = openingCall("charge", CHALLENGED);
    expect(await perform(followingCall(call, "authenticate", { attemptReference: "sx_none" }))).toMatchObject({
      kind: "failed",
    });
  });
});

describe("the challenge's page", () => {
  test("shows amount and card, has one form for each answer, and needs no script", async () => {
    const { url } = await challenged(CHALLENGED, { amount: 1_234_567 });
    const response = await ask(url);
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(page).toContain("12,345.67 GBP");
    expect(page).toContain("Card ending in 0446");
    expect(page.match(/<form method="post"/g)).toHaveLength(2);
    expect(page).toMatch(/<button name="approve"/);
    expect(page).toMatch(/<button name="reject"/);
    expect(page).not.toMatch(/<script|style="|src=/);
  });

  test.each([
    ["jpy", "1,000 JPY"],
    ["kwd", "1.000 KWD"],
    ["gbp", "10.00 GBP"],
  ])("writes money in %s with its own decimals", async (currency, text) => {
    const { url } = await challenged(CHALLENGED, { currency });
    expect(await (await ask(url)).text()).toContain(text);
  });

  test("allows its own style and nothing else to load, and no framing", async () => {
    const { url } = await challenged();
    const response = await ask(url);
    const policy = response.headers.get("content-security-policy") ?? "";
    const style = /<style>([^<]*)<\/style>/.exec(await response.text())?.[1] ?? "";
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain(`'sha256-${Buffer.from(digest).toString("base64")}'`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
  });

  test("sends the shopper back to the return URL with the processor's reference", async () => {
    const { call, url, reference } = await challenged(CHALLENGED, {
      returnUrl: "https://pay.example/return/att_x?a=1",
    });
    const response = await decide(url, "approve");
    expect([response.status, response.headers.get("location")]).toEqual([
      303,
      `https://pay.example/return/att_x?a=1&reference=${reference}`,
    ]);
    const again = await ask(url);
    expect([again.status, again.headers.get("location")]).toEqual([303, response.headers.get("location")]);
    expect(await moves(call.paymentId)).toEqual(["charge 1000"]);
  });

  test("takes the decision from the form's address where no button is named", async () => {
    const { finish, url } = await challenged();
    const action = /action="([^"]*decision=reject)"/.exec(await (await ask(url)).text())?.[1] ?? "";
    const response = await ask(new URL(action, url).href, { method: "POST" });
    expect(response.status).toBe(303);
    expect(await perform(finish)).toMatchObject({ kind: "declined" });
  });

  test.each(["", "approve=1&reject=1", "maybe=1"])("does nothing without one clear answer: %j", async (body) => {
    const { call, url } = await challenged();
    const response = await ask(url, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body,
    });
    expect(response.status).toBe(400);
    expect(await lookup(call)).toMatchObject({ kind: "challenge" });
  });

  test("refuses a form that is longer than an answer", async () => {
    const { url } = await challenged();
    expect((await ask(url, { method: "POST", body: `approve=${"x".repeat(5000)}` })).status).toBe(413);
  });

  test("an unknown, malformed or foreign id is a page with 404, asked or answered", async () => {
    const { url } = await challenged();
    const parsed = parseChallengeId(new URL(url).pathname.split("/").at(-1) ?? "");
    const forged = challengeId(parsed?.objectId ?? "", "0".repeat(24));
    const foreign = challengeId(env.PAYMENT_SHARD.idFromName("x").toString(), parsed?.token ?? "");
    for (const id of ["x", forged, foreign, "%3Cscript%3E", `${forged}0`]) {
      for (const response of [
        await ask(`https://pay.example/sandbox/challenge/${id}`),
        await decide(`https://pay.example/sandbox/challenge/${id}`, "approve"),
      ]) {
        expect(response.status).toBe(404);
        const page = await response.text();
        expect(page).toContain("Nothing to confirm");
        expect(page).not.toContain("<script");
      }
    }
  });
});
