import { describe, expect, test } from "vitest";
import type { CallContext, ProcessorAnswer, ProcessorCall, ProcessorRequest } from "../../src/connectors/connector.ts";
import { fromStripeAmount, STRIPE_CURRENCIES, toStripeAmount } from "../../src/connectors/stripe/amounts.ts";
import { DECLINE_CODES, processorError, reasonOf } from "../../src/connectors/stripe/codes.ts";
import { encodeForm } from "../../src/connectors/stripe/form.ts";
import { stripe } from "../../src/connectors/stripe/index.ts";
import { STRIPE_METHODS } from "../../src/connectors/stripe/methods.ts";
import { currencyExponent } from "../../src/domain/money/currencies.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { followingCall, openingCall } from "./calls.ts";
import { doorTo, GOOD_CARD, makeSimulator, stripeAccount } from "./stripe-calls.ts";

const PAYMENT = "pay_00000000g00000000000000000";
const ATTEMPT = "att_00000000g0000000000000000001";

/** What is sent for a call, as Stripe would see it; the simulator answers. */
async function sent(
  call: ProcessorCall,
  simulator = makeSimulator(),
): Promise<{ requests: ProcessorRequest[]; outcome: Outcome }> {
  const requests: ProcessorRequest[] = [];
  const door = doorTo(simulator);
  const send: CallContext["send"] = (request) => {
    requests.push(request);
    return door(request);
  };
  return { requests, outcome: await stripe.perform(call, { account: stripeAccount, send, now: 0 }) };
}

/** Lines of a form, readable. */
function linesOf(request: ProcessorRequest | undefined): string[] {
  return [...new URLSearchParams(request?.body)].map(([name, value]) => `${name}=${value}`);
}

function answered(status: number, body: unknown): () => Promise<ProcessorAnswer> {
  return async () => ({ kind: "answer", status, headers: new Headers(), body: JSON.stringify(body) });
}

function perform(call: ProcessorCall, status: number, body: unknown): Promise<Outcome> {
  return stripe.perform(call, { account: stripeAccount, send: answered(status, body), now: 0 });
}

function lookup(call: ProcessorCall, status: number, body: unknown): Promise<Outcome> {
  return stripe.lookup(call, { account: stripeAccount, send: answered(status, body), now: 0 }, { conclude: true });
}

function fixedCall(kind: "authorize" | "charge" | "verify", changes: Partial<ProcessorCall> = {}): ProcessorCall {
  return openingCall(kind, GOOD_CARD, {
    paymentId: PAYMENT,
    key: ATTEMPT,
    attemptId: ATTEMPT,
    returnUrl: "https://pay.example/return",
    ...changes,
  });
}

describe("requests to Stripe", () => {
  test("a card goes into a payment method of its own, and nowhere else", async () => {
    const { requests } = await sent(fixedCall("charge"));
    expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /v1/payment_methods",
      "POST /v1/payment_intents",
    ]);
    expect(linesOf(requests[0])).toEqual([
      ...["type=card", "card[number]=4242424242424242", "card[exp_month]=12", "card[exp_year]=2034", "card[cvc]=123"],
      "billing_details[name]=John Doe",
    ]);
    expect(requests[0]?.headers).toEqual({
      authorization: "Bearer sk_test_simulated",
      "stripe-version": "2026-08-26.dahlia",
      "content-type": "application/x-www-form-urlencoded",
      "idempotency-key": `${ATTEMPT}-pm`,
    });
    expect(JSON.stringify(requests[1])).not.toContain("4242");
    expect(requests[1]?.headers["idempotency-key"]).toBe(ATTEMPT);
  });

  test.each([
    ["jpy", 1000, 1000],
    ["gbp", 1000, 1000],
    ["kwd", 1230, 1230],
    ["mga", 1000, 10],
    ["isk", 1000, 100_000],
    ["ugx", 1000, 100_000],
    ["huf", 1000, 1000],
  ])("the body of a charge in %s", async (currency, amount, units) => {
    const { requests, outcome } = await sent(fixedCall("charge", { currency, amount }));
    expect(linesOf(requests[1])).toEqual([
      `amount=${units}`,
      `currency=${currency}`,
      ...["confirm=true", "capture_method=automatic", "payment_method_types[0]=card", "payment_method=pm_000001"],
      ...["payment_method_options[card][request_three_d_secure]=automatic", "return_url=https://pay.example/return"],
      ...[`metadata[attempt]=${ATTEMPT}`, `metadata[payment]=${PAYMENT}`, "expand[0]=latest_charge"],
    ]);
    expect(outcome).toMatchObject({ kind: "approved", amount, currency });
  });

  test("everything that a merchant can say has its place", async () => {
    const address = {
      line1: "1 High Street",
      line2: "Flat 2",
      city: "London",
      state: "LDN",
      postalCode: "N1 9GU",
      country: "GB",
    };
    const call = fixedCall("authorize");
    const { requests } = await sent({
      ...call,
      details: {
        ...call.details,
        captureMethod: "manual_multiple",
        customer: { id: "cus_1", email: "j@example.com", firstName: "John", lastName: "Doe", phone: "+44 20" },
        billing: address,
        shipping: address,
        description: "Two mice",
        statementDescriptor: "MICE AND MORE",
        merchantReference: "order-1",
        setupFutureUsage: "off_session",
        authentication: {
          threeDs: "force",
          external: { eci: "05", cavv: "AAA=", dsTransactionId: "ds-1", version: "2.2.0" },
        },
      },
    });
    const lines = linesOf(requests[1]);
    for (const line of [
      ...[
        "capture_method=manual",
        "payment_method_options[card][request_multicapture]=if_available",
        "description=Two mice",
      ],
      ...["payment_method_options[card][request_three_d_secure]=any", "statement_descriptor_suffix=MICE AND MORE"],
      ...["payment_method_options[card][three_d_secure][cryptogram]=AAA=", "setup_future_usage=off_session"],
      ...[
        "payment_method_options[card][three_d_secure][electronic_commerce_indicator]=05",
        "metadata[reference]=order-1",
      ],
      ...["shipping[name]=John Doe", "shipping[address][postal_code]=N1 9GU", "shipping[address][country]=GB"],
    ]) {
      expect(lines).toContain(line);
    }
    expect(linesOf(requests[0])).toContain("billing_details[address][line1]=1 High Street");
  });

  test("what follows an authorisation", async () => {
    const simulator = makeSimulator();
    const opening = fixedCall("authorize", { currency: "isk" });
    const multiple = { ...opening.details, captureMethod: "manual_multiple" as const };
    const { outcome } = await sent(opening, simulator);
    const attemptReference = outcome.kind === "approved" ? outcome.reference : null;
    const bodies = [
      followingCall(opening, "capture", { attemptReference, key: `${ATTEMPT}-c1`, amount: 300, details: multiple }),
      followingCall(opening, "capture", {
        attemptReference,
        key: `${ATTEMPT}-c2`,
        amount: 200,
        details: multiple,
        capturedBefore: 300,
        final: true,
      }),
      followingCall(opening, "refund", { attemptReference, key: "re_1", amount: 100 }),
    ];
    const got = [];
    for (const call of bodies) {
      const { requests, outcome: done } = await sent(call, simulator);
      expect(done).toMatchObject({ kind: "approved", amount: call.amount, currency: "isk" });
      got.push([requests[0]?.path, ...linesOf(requests[0])]);
    }
    expect(got).toEqual([
      [
        `/v1/payment_intents/${attemptReference}/capture`,
        "amount_to_capture=30000",
        `metadata[capture]=${ATTEMPT}-c1`,
        "final_capture=false",
      ],
      [`/v1/payment_intents/${attemptReference}/capture`, "amount_to_capture=20000", `metadata[capture]=${ATTEMPT}-c2`],
      [
        "/v1/refunds",
        `payment_intent=${attemptReference}`,
        "amount=10000",
        "metadata[refund]=re_1",
        `metadata[payment]=${PAYMENT}`,
      ],
    ]);
    const voided = await sent(followingCall(fixedCall("authorize"), "void", { attemptReference: "pi/../x" }));
    expect(voided.requests[0]?.path).toBe("/v1/payment_intents/pi%2F..%2Fx/cancel");
  });

  test("a redirect method is created with the intent", async () => {
    const { requests, outcome } = await sent({
      ...fixedCall("charge"),
      card: null,
      method: { type: "bank_redirect", provider: "iDEAL" },
    });
    expect(requests).toHaveLength(1);
    expect(linesOf(requests[0])).toEqual(
      expect.arrayContaining(["payment_method_types[0]=ideal", "payment_method_data[type]=ideal"]),
    );
    expect(outcome.kind).toBe("challenge");
  });

  test("what Stripe does not offer, or cannot express, is refused before anything is sent", async () => {
    for (const call of [
      { ...fixedCall("charge"), method: { type: "bank_redirect", provider: "nobody's" } },
      { ...fixedCall("charge"), method: { type: "bank_transfer", provider: "sepa" } },
      fixedCall("charge", { currency: "kwd", amount: 5124 }),
      fixedCall("charge", { currency: "mga", amount: 150 }),
    ]) {
      const { requests, outcome } = await sent(call);
      expect(requests).toEqual([]);
      expect(outcome).toMatchObject({ kind: "failed", error: { category: "not_supported" } });
    }
  });

  test("a card that has been erased is no failure: it may have been sent before", async () => {
    const { requests, outcome } = await sent({ ...fixedCall("charge"), card: null });
    expect(requests).toEqual([]);
    expect(outcome.kind).toBe("unknown");
  });

  test("forms nest, and say nothing of what is absent", () => {
    expect(encodeForm({ a: { b: [1, { c: true }] }, d: null, e: undefined, f: "x y&z" })).toBe(
      "a%5Bb%5D%5B0%5D=1&a%5Bb%5D%5B1%5D%5Bc%5D=true&f=x+y%26z",
    );
  });
});

describe("Stripe's amounts", () => {
  test("every currency that we offer is one of ISO 4217's, once, and comes back as it went", () => {
    expect(new Set(STRIPE_CURRENCIES).size).toBe(STRIPE_CURRENCIES.length);
    for (const currency of STRIPE_CURRENCIES) {
      expect(currencyExponent(currency)).not.toBeNull();
      const units = toStripeAmount(123_000, currency);
      expect(fromStripeAmount(units ?? -1, currency)).toBe(123_000);
    }
  });

  test("without decimals are exactly those that Stripe lists", () => {
    const listed = [
      "bif",
      "clp",
      "djf",
      "gnf",
      "jpy",
      "kmf",
      "krw",
      "mga",
      "pyg",
      "rwf",
      "vnd",
      "vuv",
      "xaf",
      "xof",
      "xpf",
    ];
    // One major unit, in ours, is one at Stripe.
    const without = STRIPE_CURRENCIES.filter(
      (currency) => toStripeAmount(10 ** (currencyExponent(currency) ?? 0), currency) === 1,
    );
    expect(without.toSorted()).toEqual(listed.toSorted());
  });

  test("nothing is rounded", () => {
    expect([toStripeAmount(5124, "kwd"), toStripeAmount(5120, "kwd"), toStripeAmount(101, "mga")]).toEqual([
      null,
      5120,
      null,
    ]);
    expect([fromStripeAmount(150, "isk"), fromStripeAmount(-1, "gbp"), toStripeAmount(2 ** 53, "gbp")]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

describe("Stripe's refusals", () => {
  const refusal = (error: Record<string, unknown>) => ({ error: { message: "no", ...error } });

  test.each<[number, Record<string, unknown>, boolean, Outcome["kind"], string | null]>([
    [400, { type: "invalid_request_error", code: "parameter_missing" }, false, "failed", "other"],
    [400, { type: "invalid_request_error", code: "amount_too_small" }, false, "failed", "other"],
    [400, { type: "invalid_request_error" }, true, "failed", "other"],
    [400, { type: "idempotency_error" }, false, "conflicted", null],
    [401, { type: "invalid_request_error" }, false, "failed", "processor_unavailable"],
    [401, { type: "invalid_request_error" }, true, "unknown", null],
    [403, { type: "invalid_request_error" }, false, "failed", "processor_unavailable"],
    [403, { type: "invalid_request_error" }, true, "unknown", null],
    [404, { type: "invalid_request_error", code: "resource_missing" }, false, "failed", "other"],
    [409, { type: "idempotency_error", code: "idempotency_key_in_use" }, false, "unknown", null],
    [424, { type: "api_error" }, false, "unknown", null],
    [429, { type: "invalid_request_error", code: "rate_limit" }, false, "failed", "processor_unavailable"],
    [429, { type: "invalid_request_error", code: "rate_limit" }, true, "unknown", null],
    [429, { type: "invalid_request_error", code: "lock_timeout" }, false, "unknown", null],
    [500, { type: "api_error" }, false, "unknown", null],
    [
      402,
      { type: "card_error", code: "card_declined", decline_code: "insufficient_funds" },
      false,
      "declined",
      "insufficient_funds",
    ],
  ])("HTTP %d with %o, sent before: %s, is %s", async (status, error, isRepeat, kind, category) => {
    for (const call of [
      fixedCall("charge", { isRepeat }),
      followingCall(fixedCall("charge"), "refund", { attemptReference: "pi_1", isRepeat }),
    ]) {
      const outcome = await perform(call, status, refusal(error));
      expect(outcome.kind).toBe(kind);
      if (category !== null && call.kind === "charge" && "error" in outcome)
        expect(outcome.error.category).toBe(category);
      expect((await lookup({ ...call, attemptReference: "pi_1" }, status, refusal(error))).kind).toBe("unknown");
    }
  });

  test("an account without search learns nothing by asking, so that the key's repeat may tell", async () => {
    const answer = {
      error: { type: "invalid_request_error", message: "The search feature is not available in your region" },
    };
    expect(await lookup(fixedCall("charge"), 400, answer)).toEqual({ kind: "not_found", conclusive: false });
    expect((await lookup(fixedCall("charge"), 400, "nonsense")).kind).toBe("unknown");
  });

  test("a code that Stripe may add tomorrow is still a no, of no particular kind", () => {
    const error = { type: "card_error", code: "made_up_tomorrow", declineCode: "also_new", message: null };
    expect(reasonOf(error)).toBe("other");
    expect(processorError(error, "charge")).toMatchObject({
      category: "other",
      retryable: false,
      connectorCode: "also_new",
    });
    expect(reasonOf({ code: "toString", declineCode: "constructor" })).toBe("other");
  });

  test("no decline code means two things", () => {
    const all = Object.values(DECLINE_CODES).flat();
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThanOrEqual(45);
  });

  test("a card number that Stripe quotes does not come through", async () => {
    const outcome = await perform(
      fixedCall("charge"),
      402,
      refusal({ type: "card_error", code: "incorrect_number", message: `${GOOD_CARD} is wrong` }),
    );
    expect(JSON.stringify(outcome)).not.toContain(GOOD_CARD);
  });
});

describe("Stripe's intents", () => {
  const intent = (changes: Record<string, unknown>) => ({
    ...{
      object: "payment_intent",
      id: "pi_1",
      amount: 1000,
      amount_capturable: 0,
      amount_received: 0,
      currency: "gbp",
    },
    ...{
      created: 1_780_000_000,
      metadata: { attempt: ATTEMPT, payment: PAYMENT },
      status: "succeeded",
      latest_charge: "ch_1",
    },
    ...changes,
  });
  const ask = (kind: "authorize" | "charge", changes: Record<string, unknown>) =>
    lookup({ ...fixedCall(kind), attemptReference: "pi_1" }, 200, intent(changes));

  test.each<[string, "authorize" | "charge", Record<string, unknown>, Outcome["kind"]]>([
    ["charged", "charge", { amount_received: 1000 }, "approved"],
    ["charged in part", "charge", { amount_received: 999 }, "conflicted"],
    ["only held", "charge", { status: "requires_capture", amount_capturable: 1000 }, "conflicted"],
    ["held", "authorize", { status: "requires_capture", amount_capturable: 1000 }, "approved"],
    ["held in part", "authorize", { status: "requires_capture", amount_capturable: 900 }, "conflicted"],
    ["captured without us", "authorize", { amount_received: 1000 }, "conflicted"],
    [
      "asked for another amount",
      "authorize",
      { amount: 1001, status: "requires_capture", amount_capturable: 1001 },
      "conflicted",
    ],
    ["another currency", "charge", { amount_received: 1000, currency: "eur" }, "conflicted"],
    ["another attempt's", "charge", { amount_received: 1000, metadata: { attempt: "att_other" } }, "unknown"],
    ["processing", "charge", { status: "processing" }, "pending"],
    ["cancelled", "charge", { status: "canceled", cancellation_reason: "abandoned" }, "declined"],
    ["never confirmed", "charge", { status: "requires_payment_method" }, "unknown"],
    ["not confirmed", "charge", { status: "requires_confirmation" }, "unknown"],
    [
      "declined",
      "charge",
      { status: "requires_payment_method", last_payment_error: { code: "card_declined" } },
      "declined",
    ],
    [
      "waiting for the customer",
      "charge",
      {
        status: "requires_action",
        next_action: { type: "redirect_to_url", redirect_to_url: { url: "https://bank.example/" } },
      },
      "challenge",
    ],
    [
      "waiting for something that has no page",
      "charge",
      { status: "requires_action", next_action: { type: "use_stripe_sdk", use_stripe_sdk: {} } },
      "unknown",
    ],
    [
      "a page that is no web page",
      "charge",
      {
        status: "requires_action",
        next_action: { type: "redirect_to_url", redirect_to_url: { url: "javascript:alert(1)" } },
      },
      "unknown",
    ],
    ["a status of tomorrow", "charge", { status: "requires_prayer" }, "unknown"],
  ])("%s, for a call that asked to %s", async (_, kind, changes, expected) => {
    expect((await ask(kind, changes)).kind).toBe(expected);
  });

  test("says until when a hold lasts", async () => {
    const charge = { payment_method_details: { card: { capture_before: 1_780_600_000 } } };
    const outcome = await ask("authorize", {
      status: "requires_capture",
      amount_capturable: 1000,
      latest_charge: charge,
    });
    expect(outcome).toMatchObject({ kind: "approved", expiresAt: 1_780_600_000_000 });
  });

  test("two intents of one attempt are a conflict", async () => {
    const found = { object: "search_result", data: [intent({}), intent({ id: "pi_2" })] };
    expect((await lookup(fixedCall("charge"), 200, found)).kind).toBe("conflicted");
  });

  test("a capture under a pruned key, and a void of what is void, are known by the intent that the refusal carries", async () => {
    const error = { type: "invalid_request_error", code: "payment_intent_unexpected_state", message: "no" };
    const capture = followingCall(fixedCall("authorize"), "capture", {
      attemptReference: "pi_1",
      key: "att-c1",
      amount: 600,
    });
    const captured = intent({ amount_received: 600, metadata: { attempt: ATTEMPT, capture: "att-c1" } });
    expect(await perform(capture, 400, { error: { ...error, payment_intent: captured } })).toMatchObject({
      kind: "approved",
      amount: 600,
    });
    const others = intent({ amount_received: 600, metadata: { attempt: ATTEMPT, capture: "att-c0" } });
    expect(await perform(capture, 400, { error: { ...error, payment_intent: others } })).toMatchObject({
      kind: "failed",
      error: { code: "capture_refused" },
    });
    const release = followingCall(fixedCall("authorize"), "void", { attemptReference: "pi_1" });
    expect(
      (await perform(release, 400, { error: { ...error, payment_intent: intent({ status: "canceled" }) } })).kind,
    ).toBe("approved");
    expect(
      await perform(release, 400, { error: { ...error, payment_intent: intent({ amount_received: 1000 }) } }),
    ).toMatchObject({ kind: "declined", error: { code: "void_refused" } });
  });

  test.each(["succeeded", "pending", "requires_action", "failed", "canceled", "tomorrow's", null])(
    "a refund that is %s",
    async (status) => {
      const refund = {
        object: "refund",
        id: "re_s",
        amount: 100,
        currency: "gbp",
        metadata: { refund: "re_1" },
        status,
      };
      const call = followingCall(fixedCall("charge"), "refund", { attemptReference: "pi_1", key: "re_1", amount: 100 });
      const kinds: Record<string, string> = {
        succeeded: "approved",
        pending: "pending",
        requires_action: "pending",
        failed: "declined",
        canceled: "declined",
      };
      expect((await perform(call, 200, refund)).kind).toBe(kinds[status ?? ""] ?? "unknown");
      expect((await perform(call, 200, { ...refund, amount: 99 })).kind).toBe("conflicted");
      expect((await perform(call, 200, { ...refund, metadata: {} })).kind).toBe("unknown");
    },
  );

  test("declares what it offers", () => {
    expect(STRIPE_METHODS).toEqual(["card", "wallet", "bank_redirect", "pay_later"]);
    expect(stripe.capabilities.recovery).toEqual({
      lookup: "eventual",
      replayWindowHours: 24,
      cancelByKey: false,
      webhook: true,
    });
  });
});
