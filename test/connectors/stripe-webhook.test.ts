import * as fc from "fast-check";
import { Stripe } from "stripe";
import { describe, expect, test } from "vitest";
import type { CallContext, WebhookFact } from "../../src/connectors/connector.ts";
import { stripe } from "../../src/connectors/stripe/index.ts";
import { childId } from "../../src/domain/ids.ts";
import { followingCall, openingCall } from "./calls.ts";
import { CHALLENGE_CARD, doorTo, GOOD_CARD, makeSimulator, stripeAccount } from "./stripe-calls.ts";

const SECRET = stripeAccount.credentials["webhookSecret"] ?? "";
const NOW_S = 1_790_000_000;
const oracle = new Stripe("sk_test_x").webhooks;
const provider = Stripe.createSubtleCryptoProvider();
const bytes = (text: string) => new TextEncoder().encode(text);
const PAYLOAD = JSON.stringify({ id: "evt_1", object: "event", type: "ping", data: { object: {} } });

function context(now = NOW_S * 1000): CallContext {
  return { account: stripeAccount, now, send: async () => ({ kind: "no_answer", reason: "not asked" }) };
}

function verify(header: string | null, { payload = PAYLOAD, nowS = NOW_S } = {}): Promise<boolean> {
  const headers = new Headers(header === null ? {} : { "stripe-signature": header });
  return stripe.webhook?.verify(bytes(payload), headers, context(nowS * 1000)) ?? Promise.resolve(false);
}

function sign(payload = PAYLOAD, { secret = SECRET, timestamp = NOW_S, scheme = "v1" } = {}): Promise<string> {
  return oracle.generateTestHeaderStringAsync({ payload, secret, timestamp, scheme, cryptoProvider: provider });
}

/** By WebCrypto alone, as anybody would. */
async function signOurselves(payload: string, timestamp: number): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes(SECRET), algorithm, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, bytes(`${timestamp}.${payload}`));
  return `t=${timestamp},v1=${Buffer.from(signature).toString("hex")}`;
}

describe("Stripe's signature", () => {
  test("what Stripe's own library signs is accepted here, and the other way round", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (payload) => {
        expect(await verify(await sign(payload), { payload })).toBe(true);
        const nowS = Math.floor(Date.now() / 1000);
        const header = await signOurselves(payload, nowS);
        expect(await verify(header, { payload, nowS })).toBe(true);
        await oracle.constructEventAsync(payload, header, SECRET, 300, provider);
      }),
      { numRuns: 50 },
    );
  });

  test("300 seconds are tolerated, both ways", async () => {
    const header = await sign();
    const seen = await Promise.all([-301, -300, 0, 300, 301].map((offset) => verify(header, { nowS: NOW_S + offset })));
    expect(seen).toEqual([false, true, true, true, false]);
  });

  test("any of several signatures counts, as during a rotation; another scheme does not", async () => {
    const good = await sign();
    const other = await sign(PAYLOAD, { secret: "whsec_other" });
    const [t = "", v1 = ""] = good.split(",");
    const wrong = other.split(",")[1] ?? "";
    expect(await verify(`${t},${wrong},${v1}`)).toBe(true);
    expect(await verify(`${t}, ${v1} ,${wrong}`)).toBe(true);
    expect(await verify(`${t},${wrong}`)).toBe(false);
    expect(await verify(`${t},${v1.replace("v1=", "v0=")}`)).toBe(false);
    expect(await verify(await sign(PAYLOAD, { scheme: "v0" }))).toBe(false);
  });

  test.each([
    null,
    "",
    "t=1",
    "v1=00",
    "t=x,v1=00",
    `t=${NOW_S}`,
    `t=${NOW_S},t=${NOW_S}`,
    "t=,v1=",
    "=,=",
    `t=${NOW_S},v1=zz`,
  ])("a header like %s is refused", async (header) => {
    expect(await verify(header)).toBe(false);
  });

  test("a header with two times is refused, whichever of them was signed", async () => {
    expect(await verify(`t=${NOW_S - 1000},${await sign()}`)).toBe(false);
  });

  test("an account without a secret accepts nothing", async () => {
    const { webhookSecret: _, ...credentials } = stripeAccount.credentials;
    const account = { ...stripeAccount, credentials };
    const headers = new Headers({ "stripe-signature": await sign() });
    expect(await stripe.webhook?.verify(bytes(PAYLOAD), headers, { ...context(), account })).toBe(false);
    const empty = { ...stripeAccount, credentials: { ...credentials, webhookSecret: "" } };
    expect(await stripe.webhook?.verify(bytes(PAYLOAD), headers, { ...context(), account: empty })).toBe(false);
  });

  test("no byte of the body can be changed, not even white space", async () => {
    const header = await sign();
    for (let at = 0; at < PAYLOAD.length; at++) {
      const flipped = PAYLOAD.slice(0, at) + String.fromCharCode(PAYLOAD.charCodeAt(at) ^ 1) + PAYLOAD.slice(at + 1);
      expect(await verify(header, { payload: flipped })).toBe(false);
    }
    expect(await verify(header, { payload: `${PAYLOAD}\n` })).toBe(false);
  });
});

describe("Stripe's events", () => {
  async function factsOf(event: unknown): Promise<WebhookFact[]> {
    return (await stripe.webhook?.read(bytes(JSON.stringify(event)), context())) ?? [];
  }

  /** The facts of everything that Stripe tells after `act`, by type. */
  async function told(
    act: (simulator: ReturnType<typeof makeSimulator>) => Promise<void>,
  ): Promise<Record<string, Partial<WebhookFact>>> {
    const simulator = makeSimulator();
    await act(simulator);
    const all: Record<string, Partial<WebhookFact>> = {};
    for (const event of simulator.events) {
      const [fact] = await factsOf(event);
      if (fact !== undefined) all[event["type"]] = fact;
    }
    return all;
  }

  test("tell what became of an attempt", async () => {
    const calls = [
      openingCall("charge", GOOD_CARD),
      openingCall("authorize", GOOD_CARD),
      openingCall("charge", "4000000000009995"),
      openingCall("charge", CHALLENGE_CARD),
    ];
    const facts = await told(async (simulator) => {
      for (const call of calls) await stripe.perform(call, { ...context(), send: doorTo(simulator) });
    });
    const of = (at: number) => ({ key: calls[at]?.attemptId, paymentId: calls[at]?.paymentId });
    expect(facts).toMatchObject({
      "payment_intent.succeeded": { ...of(0), outcome: { kind: "approved", amount: 1000, currency: "gbp" } },
      "payment_intent.amount_capturable_updated": {
        ...of(1),
        outcome: { kind: "approved", amount: 1000, currency: "gbp" },
      },
      "payment_intent.payment_failed": {
        ...of(2),
        outcome: { kind: "declined", error: { category: "insufficient_funds" } },
      },
      "payment_intent.requires_action": { ...of(3), outcome: { kind: "challenge" } },
    });
  });

  test("tell what became of a refund, and only hint at captures, cancellations and verifications", async () => {
    const opening = openingCall("authorize", GOOD_CARD);
    let key = "";
    const facts = await told(async (simulator) => {
      const send = doorTo(simulator);
      const at = { ...context(), send };
      const outcome = await stripe.perform(opening, at);
      const attemptReference = outcome.kind === "approved" ? outcome.reference : null;
      await stripe.perform(followingCall(opening, "capture", { attemptReference }), at);
      key = childId("re", opening.paymentId, 1);
      await stripe.perform(followingCall(opening, "refund", { attemptReference, key, amount: 100 }), at);
      await stripe.perform(openingCall("verify", GOOD_CARD), at);
      const voided = openingCall("authorize", GOOD_CARD);
      const held = await stripe.perform(voided, at);
      await stripe.perform(
        followingCall(voided, "void", { attemptReference: held.kind === "approved" ? held.reference : null }),
        at,
      );
    });
    expect(facts).toMatchObject({
      "payment_intent.succeeded": { paymentId: opening.paymentId, key: null, outcome: null },
      "refund.created": {
        paymentId: opening.paymentId,
        key,
        outcome: { kind: "approved", amount: 100, currency: "gbp" },
      },
      "setup_intent.succeeded": { key: null, outcome: null },
      "payment_intent.canceled": { key: null, outcome: null },
    });
  });

  test("of somebody else's payments are not ours to keep; what names a payment badly is parked", async () => {
    const event = (metadata: unknown) => ({
      id: "evt_1",
      object: "event",
      type: "payment_intent.succeeded",
      data: {
        object: {
          id: "pi_1",
          object: "payment_intent",
          metadata,
          status: "succeeded",
          amount: 1,
          amount_received: 1,
          currency: "gbp",
          capture_method: "automatic",
        },
      },
    });
    expect(await factsOf(event({}))).toEqual([]);
    expect(await factsOf(event({ order: "7" }))).toEqual([]);
    expect(await factsOf(event({ attempt: "att_nonsense" }))).toMatchObject([{ messageId: "evt_1", paymentId: null }]);
  });

  test("that nobody has heard of, or that are none, are no facts, and nothing throws", async () => {
    expect(await factsOf({ id: "evt_1", type: "invoice.paid", data: { object: {} } })).toEqual([]);
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string(), fc.string({ unit: "binary" })), async (text) => {
        expect(await stripe.webhook?.read(bytes(text), context())).toEqual([]);
      }),
      { numRuns: 200 },
    );
  }, 30_000);
});
