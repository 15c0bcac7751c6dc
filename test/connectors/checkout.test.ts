import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkout } from "../../src/connectors/checkout/index.ts";
import type { CallContext, ProcessorAnswer, ProcessorCall } from "../../src/connectors/connector.ts";
import { CHECKOUT_CARDS, CheckoutSimulator } from "../support/processors/checkout.ts";
import { checkoutAccount } from "./accounts.ts";
import { followingCall, openingCall } from "./calls.ts";
import { mutationsOf } from "./mutate.ts";

type Send = CallContext["send"];

const account = checkoutAccount();
const context = (send: Send): CallContext => ({ account, send, now: 0 });
const perform = (call: ProcessorCall, send: Send) => checkout.perform(call, context(send));
const lookup = (call: ProcessorCall, send: Send) => checkout.lookup(call, context(send), { conclude: false });

/** What it sends first, and what it makes of one and the same answer to everything. */
async function talk(call: ProcessorCall, status = 201, body: unknown = {}) {
  const requests: Parameters<Send>[0][] = [];
  const outcome = await perform(call, async (request) => {
    requests.push(request);
    const text = body === null ? "" : JSON.stringify(body);
    return { kind: "answer", status, headers: new Headers(), body: text };
  });
  const [request] = requests;
  return { outcome, request, sent: JSON.parse(request?.body ?? "{}") as Record<string, unknown> };
}

async function approved(processor: CheckoutSimulator, kind: "authorize" | "charge" = "authorize") {
  const opening = openingCall(kind, CHECKOUT_CARDS.approved);
  const outcome = await perform(opening, processor.send);
  const attemptReference = "reference" in outcome ? (outcome.reference ?? "") : "";
  return { opening, outcome, attemptReference };
}

describe("what Checkout.com is sent", () => {
  test.each([
    ["charge", true],
    ["authorize", false],
    ["verify", undefined],
  ] as const)("a %s says whether to capture: %s", async (kind, capture) => {
    const { sent } = await talk(openingCall(kind, CHECKOUT_CARDS.approved));
    expect(sent["capture"]).toBe(capture);
    expect(sent).toMatchObject({
      processing_channel_id: "pc_q4dbxom5jbgudnjzjpz7j2z6uq",
      source: { type: "card", cvv: "123" },
    });
  });

  test.each([
    ["jpy", 1050, 1050],
    ["eur", 1050, 1050],
    ["kwd", 1050, 1050],
    ["clp", 1050, 105000],
    ["isk", 1050, 1050],
    ["huf", 1050, 1050],
  ])("%s %d is %d there, and comes back as what was asked for", async (currency, amount, units) => {
    const call = openingCall("authorize", CHECKOUT_CARDS.approved, { amount, currency });
    const money = { amount: units, currency: currency.toUpperCase() };
    const { sent, outcome } = await talk(call, 201, { id: "pay_1", status: "Authorized", approved: true, ...money });
    expect(sent).toMatchObject(money);
    expect(outcome).toMatchObject({ kind: "approved", amount, currency });
  });

  test("more than nine digits cannot be expressed there, so nothing is sent", async () => {
    const { outcome, request } = await talk(openingCall("charge", CHECKOUT_CARDS.approved, { amount: 1_000_000_000 }));
    expect(outcome).toMatchObject({ kind: "failed", error: { code: "not_supported" } });
    expect(request).toBeUndefined();
  });

  test("each operation goes to its own address under its own key, and a last capture gives the rest back", async () => {
    const opening = openingCall("authorize", CHECKOUT_CARDS.approved);
    const asked = async (kind: "capture" | "void" | "refund", changes = {}) => {
      const call = followingCall(opening, kind, { attemptReference: "pay_1", amount: 400, ...changes });
      const { request, sent } = await talk(call, 202, {});
      expect(request?.headers["cko-idempotency-key"]).toBe(call.key);
      expect(sent["reference"]).toBe(call.key);
      return { path: request?.path, ...sent, reference: "key" };
    };
    expect(await asked("capture", { final: true })).toEqual({
      path: "/payments/pay_1/captures",
      amount: 400,
      capture_type: "Final",
      reference: "key",
    });
    expect(await asked("capture")).toMatchObject({ capture_type: "NonFinal" });
    expect(await asked("refund")).toEqual({ path: "/payments/pay_1/refunds", amount: 400, reference: "key" });
    expect(await asked("void")).toEqual({ path: "/payments/pay_1/voids", reference: "key" });
  });

  test("3DS is asked for where the merchant insists, taken from elsewhere, or left to the issuer", async () => {
    const wish = async (authentication: NonNullable<ProcessorCall["details"]["authentication"]>) => {
      const call = openingCall("charge", CHECKOUT_CARDS.approved);
      return (await talk({ ...call, details: { ...call.details, authentication } })).sent["3ds"];
    };
    expect(await wish({ threeDs: "force" })).toMatchObject({
      enabled: true,
      challenge_indicator: "challenge_requested_mandate",
    });
    expect(await wish({ threeDs: "automatic" })).toBeUndefined();
    const external = { eci: "05", cavv: "AAABBIIFmAAAAAAAAAAAAAAAAAA=", dsTransactionId: "f38e6948", version: "2.2.0" };
    expect(await wish({ external })).toEqual({
      enabled: true,
      eci: "05",
      cryptogram: external.cavv,
      xid: "f38e6948",
      version: "2.2.0",
    });
  });
});

describe("where Checkout.com is", () => {
  test.each([
    ["test", undefined, "https://api.sandbox.checkout.com"],
    ["live", undefined, "https://api.checkout.com"],
    ["test", "vkuhvk4v", "https://vkuhvk4v.api.sandbox.checkout.com"],
    ["live", "vkuhvk4v", "https://vkuhvk4v.api.checkout.com"],
    ["live", "evil.example/", "https://api.checkout.com"],
    ["live", "a@b", "https://api.checkout.com"],
  ] as const)("in %s mode with the subdomain %s: %s", (mode, subdomain, url) => {
    const credentials = { ...account.credentials, ...(subdomain === undefined ? {} : { subdomain }) };
    expect(checkout.baseUrl(checkoutAccount({ mode, credentials }))).toBe(url);
  });
});

describe("what Checkout.com does later", () => {
  test("a sale is the merchant's money only once it is captured", async () => {
    const processor = new CheckoutSimulator({ isSlow: true });
    const { opening, outcome, attemptReference } = await approved(processor, "charge");
    expect(outcome).toEqual({ kind: "pending", reference: attemptReference });
    expect(await lookup(opening, processor.send)).toMatchObject({ kind: "pending" });
    processor.catchUp();
    expect(await lookup(opening, processor.send)).toMatchObject({ kind: "approved", amount: 1000, currency: "gbp" });
  });

  test.each(["capture", "void", "refund"] as const)(
    "a %s is pending until it is done, and found by our reference",
    async (kind) => {
      const processor = new CheckoutSimulator({ isSlow: true });
      const { opening, attemptReference } = await approved(processor);
      const call = followingCall(opening, kind, { attemptReference, amount: 400 });
      expect(await perform(call, processor.send)).toMatchObject({ kind: "pending" });
      expect(await lookup(call, processor.send)).toMatchObject({ kind: "pending" });
      processor.catchUp();
      expect(await lookup(call, processor.send)).toMatchObject({ kind: "approved" });
      expect(processor.moves.filter(({ key }) => key === call.key)).toHaveLength(1);
    },
  );

  test("two captures are told apart", async () => {
    const processor = new CheckoutSimulator();
    const { opening, attemptReference } = await approved(processor);
    for (const amount of [300, 200]) {
      const call = followingCall(opening, "capture", { attemptReference, amount });
      expect(await perform(call, processor.send)).toMatchObject({ kind: "approved", amount });
    }
    const third = followingCall(opening, "capture", { attemptReference, amount: 100 });
    expect(await lookup(third, processor.send)).toEqual({ kind: "not_found", conclusive: false });
  });

  test("an operation that the issuer refuses, or that was done for another amount, is said so", async () => {
    const opening = openingCall("authorize", CHECKOUT_CARDS.approved);
    const call = followingCall(opening, "capture", { attemptReference: "pay_1", amount: 400 });
    const action = {
      id: "act_1",
      type: "Capture",
      amount: 400,
      reference: call.key,
      processed_on: "x",
      response_code: "10000",
    };
    const asked = (change: object) =>
      lookup(call, async () => ({
        kind: "answer",
        status: 200,
        headers: new Headers(),
        body: JSON.stringify([{ ...action, ...change }]),
      }));
    expect(await asked({ approved: false }), "done and not done").toMatchObject({ kind: "unknown" });
    expect(await asked({ approved: false, response_code: "20119" })).toMatchObject({
      kind: "declined",
      error: { code: "capture_refused", connectorCode: "20119" },
    });
    expect(await asked({ approved: true, amount: 399 })).toMatchObject({ kind: "conflicted" });
    expect(await asked({ approved: true, type: "Refund" })).toMatchObject({ kind: "unknown" });
    expect(await asked({ approved: true, reference: "other" })).toEqual({ kind: "not_found", conclusive: false });
  });
});

describe("a challenge at Checkout.com", () => {
  async function challenged(card: string | null) {
    const processor = new CheckoutSimulator();
    const opening = openingCall("charge", card);
    const outcome = await perform(opening, processor.send);
    if (outcome.kind !== "challenge") throw new Error(`expected a challenge, got ${outcome.kind}`);
    const { reference: attemptReference } = outcome;
    const back: ProcessorCall = {
      ...opening,
      kind: "authenticate",
      card: null,
      attemptReference,
      returned: { "cko-session-id": "sid_1" },
    };
    return { processor, attemptReference, back, outcome };
  }

  test.each([CHECKOUT_CARDS.challenged, null])(
    "that the shopper passes is approved, once, however often they return",
    async (card) => {
      const { processor, attemptReference, back } = await challenged(card);
      processor.decide(attemptReference, true);
      const outcome = await perform(back, processor.send);
      expect(outcome).toMatchObject({ kind: "approved", amount: 1000 });
      expect(await perform(back, processor.send)).toEqual(outcome);
      expect(processor.moves).toHaveLength(1);
    },
  );

  test("that the shopper fails is declined, with the reason from the payment's actions", async () => {
    const { processor, attemptReference, back } = await challenged(CHECKOUT_CARDS.challenged);
    processor.decide(attemptReference, false);
    const error = { category: "authentication_failed", connectorCode: "20151" };
    expect(await perform(back, processor.send)).toMatchObject({ kind: "declined", error });
  });

  test("that is not answered yet is waited for after the page, and shown again without it", async () => {
    const { processor, back, outcome } = await challenged(CHECKOUT_CARDS.challenged);
    expect(await perform(back, processor.send)).toMatchObject({ kind: "pending" });
    expect(await perform({ ...back, returned: {} }, processor.send)).toEqual(outcome);
  });

  test("about which Checkout.com cannot be asked proves nothing", async () => {
    const { back } = await challenged(CHECKOUT_CARDS.challenged);
    for (const status of [401, 403, 404, 422, 429, 500]) {
      const outcome = await perform(back, async () => ({ kind: "answer", status, headers: new Headers(), body: "" }));
      expect(outcome.kind).toBe("unknown");
    }
  });
});

describe("what Checkout.com's answers prove", () => {
  const call = openingCall("authorize", CHECKOUT_CARDS.approved);
  const payment = {
    id: "pay_1",
    reference: call.key,
    amount: 1000,
    currency: "GBP",
    approved: true,
    status: "Authorized",
  };

  test.each([
    ["20005", "do_not_honor"],
    ["20051", "insufficient_funds"],
    ["20054", "expired_card"],
    ["20087", "incorrect_cvc"],
    ["20014", "invalid_card"],
    ["20154", "authentication_failed"],
    ["30041", "lost_or_stolen"],
    ["40101", "fraud"],
    ["40999", "fraud"],
    ["20091", "processor_unavailable"],
    ["29999", "other"],
    ["constructor", "other"],
  ])("response code %s is %s", async (response_code, category) => {
    const body = { ...payment, approved: false, status: "Declined", response_code, response_summary: "text" };
    const error = { category, connectorCode: response_code, connectorMessage: "text" };
    expect((await talk(call, 201, body)).outcome).toMatchObject({ kind: "declined", error });
  });

  test.each([
    [401, null, "failed"],
    [403, null, "failed"],
    [404, null, "failed"],
    [422, { error_type: "request_invalid", error_codes: ["amount_invalid"] }, "failed"],
    [403, "<html>firewall</html>", "unknown"],
    [409, null, "unknown"],
    [429, null, "unknown"],
    [502, null, "unknown"],
  ])("HTTP %d with %j is %s", async (status, body, kind) => {
    expect((await talk(call, status, body)).outcome.kind).toBe(kind);
  });

  test.each(["Paid", "Returned", "Brand New", "authorized", ""])("the status %j proves nothing", async (status) => {
    expect((await talk(call, 201, { ...payment, status })).outcome.kind).toBe("unknown");
  });

  test.each([
    ["Voided", "card_declined"],
    ["Canceled", "customer_cancelled"],
    ["Expired", "payment_expired"],
  ])("a payment that is %s holds nothing", async (status, code) => {
    expect((await talk(call, 201, { ...payment, approved: false, status })).outcome).toMatchObject({
      kind: "declined",
      error: { code },
    });
  });

  test("contradictions are never approvals", async () => {
    expect((await talk(call, 201, { ...payment, approved: false })).outcome.kind).toBe("unknown");
    expect((await talk(call, 201, { ...payment, status: "Declined" })).outcome.kind).toBe("unknown");
    expect((await talk(call, 201, { ...payment, status: "Card Verified" })).outcome.kind).toBe("unknown");
    expect((await talk(call, 201, { ...payment, reference: "att_other" })).outcome.kind).toBe("unknown");
    expect((await talk(call, 201, { ...payment, amount: 999 })).outcome.kind).toBe("conflicted");
  });

  test("two payments under one key are a conflict", async () => {
    const body = JSON.stringify({ data: [payment, { ...payment, id: "pay_2" }] });
    const outcome = await lookup(call, async () => ({ kind: "answer", status: 200, headers: new Headers(), body }));
    expect(outcome.kind).toBe("conflicted");
  });

  test("when an authorisation lapses is kept", async () => {
    const { outcome } = await talk(call, 201, { ...payment, expires_on: "2026-12-01T10:00:00Z" });
    expect(outcome).toMatchObject({ kind: "approved", expiresAt: Date.UTC(2026, 11, 1, 10) });
  });
});

describe("Checkout.com's answers, mutated", () => {
  test("an approval never becomes an approval of something else, nor a definite no", async () => {
    const processor = new CheckoutSimulator();
    const { opening, attemptReference } = await approved(processor);
    const following = (["capture", "void", "refund"] as const).map((kind) =>
      followingCall(opening, kind, { attemptReference }),
    );
    for (const call of [opening, openingCall("charge", CHECKOUT_CARDS.approved), ...following]) {
      const answers: ProcessorAnswer[] = [];
      await perform(call, async (request) => {
        const got = await processor.send(request);
        answers.push(got);
        return got;
      });
      const bodies = answers
        .map((answer) => (answer.kind === "answer" ? answer : null))
        .filter((answer) => answer !== null);
      const [mutant, ...rest] = bodies.toReversed();
      if (mutant === undefined) throw new Error("no answer");
      const before = rest.toReversed();
      await fc.assert(
        fc.asyncProperty(mutationsOf(mutant.body), async (body) => {
          const queue: ProcessorAnswer[] = [...before, { ...mutant, body }];
          const outcome = await perform(call, async () => queue.shift() ?? { kind: "no_answer", reason: "no more" });
          expect(["approved", "pending", "unknown", "conflicted", "challenge"]).toContain(outcome.kind);
          if (outcome.kind === "approved")
            expect(outcome).toMatchObject({ amount: call.amount, currency: call.currency });
        }),
        { numRuns: 300 },
      );
    }
  });
});

test("a credential that is refused says nothing of an earlier sending", async () => {
  for (const status of [401, 403]) {
    const call = openingCall("charge", CHECKOUT_CARDS.approved);
    const body = { error_type: "t", error_codes: ["c"] };
    expect((await talk(call, status, body)).outcome.kind).toBe("failed");
    expect((await talk({ ...call, isRepeat: true }, status, body)).outcome.kind).toBe("unknown");
  }
});
