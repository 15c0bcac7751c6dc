import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallContext, ProcessorAnswer, ProcessorCall } from "../../src/connectors/connector.ts";
import { paypal } from "../../src/connectors/paypal/index.ts";
import { PAYPAL_CARDS, PayPalSimulator } from "../support/processors/paypal.ts";
import { paypalAccount } from "./accounts.ts";
import { followingCall, openingCall } from "./calls.ts";
import { mutationsOf } from "./mutate.ts";

type Send = CallContext["send"];
const NOW = Date.UTC(2026, 0, 1);

const perform = (call: ProcessorCall, send: Send, changes = {}, now = NOW) =>
  paypal.perform(call, { account: paypalAccount(changes), send, now });
const lookup = (call: ProcessorCall, send: Send) =>
  paypal.lookup(call, { account: paypalAccount(), send, now: NOW }, { conclude: false });

const WALLET = { method: { type: "wallet", provider: "paypal" } };

function answer(status: number, body: unknown): ProcessorAnswer {
  return { kind: "answer", status, headers: new Headers(), body: body === null ? "" : JSON.stringify(body) };
}

/** Gives a token, and one answer to everything else. */
async function talk(call: ProcessorCall, status = 201, body: unknown = {}) {
  const requests: Parameters<Send>[0][] = [];
  const outcome = await perform(call, async (request) => {
    if (request.path === "/v1/oauth2/token") return answer(200, { access_token: "t", expires_in: 1 });
    requests.push(request);
    return answer(status, body);
  });
  const [request] = requests;
  return { outcome, request, requests, sent: JSON.parse(request?.body ?? "{}") as Record<string, unknown> };
}

async function challenged(
  changes: Partial<ProcessorCall> = WALLET,
  kind: "charge" | "authorize" = "charge",
  card: string | null = null,
) {
  const processor = new PayPalSimulator();
  const opening = openingCall(kind, card, changes);
  const outcome = await perform(opening, processor.send);
  if (outcome.kind !== "challenge") throw new Error(`expected a challenge, got ${JSON.stringify(outcome)}`);
  const { reference: attemptReference } = outcome;
  const back: ProcessorCall = { ...opening, kind: "authenticate", card: null, attemptReference };
  return { processor, opening, outcome, attemptReference, back };
}

describe("what PayPal is sent", () => {
  test("a sale captures and an authorisation authorises, under the call's key", async () => {
    for (const [kind, intent] of [
      ["charge", "CAPTURE"],
      ["authorize", "AUTHORIZE"],
    ] as const) {
      const call = openingCall(kind, PAYPAL_CARDS.approved);
      const { sent, request } = await talk(call);
      expect(sent).toMatchObject({ intent, purchase_units: [{ custom_id: call.key, reference_id: call.paymentId }] });
      expect(sent["payment_source"]).toMatchObject({ card: { expiry: "2034-12", security_code: "123" } });
      expect(request?.headers["paypal-request-id"]).toBe(call.key);
    }
  });

  test.each([
    ["jpy", 1050, "1050"],
    ["eur", 1050, "10.50"],
    ["eur", 5, "0.05"],
    ["huf", 105000, "1050"],
    ["twd", 105000, "1050"],
    ["usd", 999_999_999_999, "9999999999.99"],
  ])("%s %d is %s there, and comes back as what was asked for", async (currency, amount, value) => {
    const call = openingCall("charge", PAYPAL_CARDS.approved, { amount, currency });
    const wire = { currency_code: currency.toUpperCase(), value };
    const capture = { id: "C1", status: "COMPLETED", amount: wire };
    const { sent, outcome } = await talk(call, 201, {
      id: "O1",
      status: "COMPLETED",
      purchase_units: [{ amount: wire, payments: { captures: [capture] } }],
    });
    expect(sent["purchase_units"]).toMatchObject([{ amount: wire }]);
    expect(outcome).toEqual({ kind: "approved", reference: "C1", amount, currency });
  });

  test.each([
    openingCall("charge", PAYPAL_CARDS.approved, { amount: 1050, currency: "huf" }),
    openingCall("charge", null, { method: { type: "wallet", provider: "alipay" } }),
    openingCall("charge", null, { method: { type: "bank_redirect", provider: "ideal" } }),
    openingCall("verify", PAYPAL_CARDS.approved),
  ])("what PayPal cannot be asked for is refused without asking (%#)", async (call) => {
    const { outcome, request } = await talk(call);
    expect(outcome).toMatchObject({ kind: "failed", error: { code: "not_supported" } });
    expect(request).toBeUndefined();
  });

  test("later operations go to the authorization or the capture, under their own keys", async () => {
    const opening = openingCall("authorize", PAYPAL_CARDS.approved);
    const asked = async (kind: "capture" | "void" | "refund", changes = {}) => {
      const call = followingCall(opening, kind, {
        attemptReference: "A1",
        captureReference: "C1",
        amount: 400,
        ...changes,
      });
      const { request, sent } = await talk(call);
      expect(request?.headers["paypal-request-id"]).toBe(call.key);
      return [request?.path, JSON.stringify(sent).replaceAll(call.key, "key")];
    };
    const amount = { currency_code: "GBP", value: "4.00" };
    expect(await asked("capture", { final: true })).toEqual([
      "/v2/payments/authorizations/A1/capture",
      JSON.stringify({ amount, invoice_id: "key", final_capture: true }),
    ]);
    expect(await asked("refund")).toEqual([
      "/v2/payments/captures/C1/refund",
      JSON.stringify({ amount, custom_id: "key" }),
    ]);
    expect(await asked("void")).toEqual(["/v2/payments/authorizations/A1/void", "{}"]);
  });

  test("3DS is asked for, required or left out as the merchant said", async () => {
    const card = async (details: Partial<ProcessorCall["details"]>) => {
      const call = openingCall("charge", PAYPAL_CARDS.approved);
      const { sent } = await talk({ ...call, details: { ...call.details, ...details } });
      return (sent["payment_source"] as { card: unknown }).card;
    };
    expect(await card({})).toMatchObject({ attributes: { verification: { method: "SCA_WHEN_REQUIRED" } } });
    expect(await card({ authentication: { threeDs: "force" } })).toMatchObject({
      attributes: { verification: { method: "SCA_ALWAYS" } },
    });
    expect(await card({ authentication: { threeDs: "skip" } })).not.toHaveProperty("attributes");
    expect(await card({ offSession: true })).toMatchObject({ stored_credential: { payment_initiator: "MERCHANT" } });
  });
});

describe("PayPal's access token", () => {
  test("is fetched once, used until shortly before its end, and fetched anew when PayPal ends it", async () => {
    const processor = new PayPalSimulator();
    const account = { id: "ca_0000000000000000000000t1" };
    const fetches = () => processor.requests.filter(({ path }) => path === "/v1/oauth2/token").length;
    const pay = (now: number) => perform(openingCall("charge", PAYPAL_CARDS.approved), processor.send, account, now);
    expect((await pay(NOW)).kind).toBe("approved");
    expect((await pay(NOW + 32_400_000 - 61_000)).kind).toBe("approved");
    expect(fetches()).toBe(1);
    expect((await pay(NOW + 32_400_000 - 59_000)).kind).toBe("approved");
    expect(fetches()).toBe(2);
    processor.revokeTokens();
    expect((await pay(NOW + 32_400_000)).kind).toBe("approved");
    expect(fetches()).toBe(3);
    expect(processor.moves).toHaveLength(4);
  });

  test("is kept apart by account and credentials, and stands in no request but its header", async () => {
    const processor = new PayPalSimulator();
    const wrong = { credentials: { ...paypalAccount().credentials, clientSecret: "other" } };
    await perform(openingCall("charge", PAYPAL_CARDS.approved), processor.send);
    const outcome = await perform(openingCall("charge", PAYPAL_CARDS.approved), processor.send, wrong);
    expect(outcome).toMatchObject({ kind: "failed", error: { connectorCode: "invalid_client" } });
    expect(processor.requests.every(({ path, body }) => !`${path}${body ?? ""}`.includes("A21AA"))).toBe(true);
  });

  test("that cannot be had proves nothing", async () => {
    const other = { id: "ca_0000000000000000000000t2" };
    for (const got of [answer(200, {}), answer(200, null), answer(500, null), answer(429, { error: "rate" })]) {
      expect((await perform(openingCall("charge", PAYPAL_CARDS.approved), async () => got, other)).kind).toBe(
        "unknown",
      );
    }
  });
});

describe("a payer at PayPal", () => {
  test.each(["charge", "authorize"] as const)(
    "who approves has paid, once, however often they return (%s)",
    async (kind) => {
      const { processor, opening, back, attemptReference } = await challenged(WALLET, kind);
      processor.approve(attemptReference);
      const outcome = await perform(back, processor.send);
      expect(outcome).toMatchObject({ kind: "approved", amount: 1000, currency: "gbp" });
      expect(await perform(back, processor.send)).toEqual(outcome);
      expect(processor.moves).toEqual([{ key: opening.key, operation: kind, value: "10.00" }]);
    },
  );

  test("who has not decided is sent there again, and who gave up has not paid", async () => {
    const { processor, back, outcome } = await challenged();
    expect(await perform(back, processor.send)).toEqual(outcome);
    const gaveUp = { ...back, returned: { paypal_cancelled: "1" } };
    expect(await perform(gaveUp, processor.send)).toMatchObject({
      kind: "declined",
      error: { code: "customer_cancelled" },
    });
    expect(processor.moves).toEqual([]);
  });

  test("whose cancelled mark is a lie has paid all the same", async () => {
    const { processor, back, attemptReference } = await challenged();
    processor.approve(attemptReference);
    expect(await perform({ ...back, returned: { paypal_cancelled: "1" } }, processor.send)).toMatchObject({
      kind: "approved",
    });
  });

  test("whose approval is only asked about is not charged for it", async () => {
    const { processor, opening, attemptReference } = await challenged();
    processor.approve(attemptReference);
    expect(await lookup({ ...opening, attemptReference }, processor.send)).toEqual({
      kind: "pending",
      reference: attemptReference,
    });
    expect(processor.moves).toEqual([]);
  });

  test("whose finished order is asked to finish again is not charged twice", async () => {
    const { processor, opening, back, attemptReference } = await challenged();
    processor.approve(attemptReference);
    const first = await perform(back, processor.send);
    // The key is forgotten after six hours; the order is not.
    const later = { ...back, attemptId: opening.attemptId, key: opening.key };
    const forgetful: Send = (request) =>
      processor.send({ ...request, headers: { ...request.headers, "paypal-request-id": "another" } });
    expect(await perform(later, forgetful)).toEqual(first);
    expect(processor.moves).toHaveLength(1);
  });

  test("can be given up while nothing is held, and not once it is", async () => {
    const { processor, opening, attemptReference, back } = await challenged();
    const call = followingCall(opening, "void", { attemptReference, amount: 0 });
    expect(await perform(call, processor.send)).toMatchObject({ kind: "approved", amount: 0 });
    processor.approve(attemptReference);
    expect((await perform(back, processor.send)).kind).toBe("approved");
    expect((await perform(call, processor.send)).kind).toBe("unknown");
  });

  test.each([
    ["POSSIBLE", "approved"],
    ["YES", "approved"],
    ["NO", "declined"],
    ["UNKNOWN", "declined"],
  ])("whose card was authenticated with the liability shift %s is %s", async (shift, kind) => {
    const { processor, back, attemptReference } = await challenged({}, "charge", PAYPAL_CARDS.challenged);
    processor.approve(attemptReference, shift);
    expect((await perform(back, processor.send)).kind).toBe(kind);
    expect(processor.moves).toHaveLength(kind === "approved" ? 1 : 0);
  });
});

describe("what PayPal's answers prove", () => {
  const call = openingCall("charge", PAYPAL_CARDS.approved);
  const amount = { currency_code: "GBP", value: "10.00" };
  const order = (capture: object, changes = {}) => ({
    ...{ id: "O1", status: "COMPLETED" },
    purchase_units: [
      { amount, custom_id: call.key, payments: { captures: [{ id: "C1", status: "COMPLETED", amount, ...capture }] } },
    ],
    ...changes,
  });

  test.each([
    ["5120", "insufficient_funds"],
    ["5400", "expired_card"],
    ["00N7", "incorrect_cvc"],
    ["9520", "lost_or_stolen"],
    ["9500", "fraud"],
    ["5650", "authentication_failed"],
    ["PPNT", "processor_unavailable"],
    ["ZZZZ", "other"],
    ["constructor", "other"],
  ])("processor code %s is %s", async (response_code, category) => {
    const { outcome } = await talk(call, 201, order({ status: "DECLINED", processor_response: { response_code } }));
    expect(outcome).toMatchObject({
      kind: "declined",
      reference: "C1",
      error: { category, connectorCode: response_code },
    });
  });

  test.each([
    ["COMPLETED", "approved"],
    ["PARTIALLY_REFUNDED", "approved"],
    ["REFUNDED", "approved"],
    ["PENDING", "pending"],
    ["DECLINED", "declined"],
    ["FAILED", "declined"],
    ["BRAND_NEW", "unknown"],
    ["", "unknown"],
  ])("a capture that is %j is %s", async (status, kind) => {
    expect((await talk(call, 201, order({ status }))).outcome.kind).toBe(kind);
  });

  test.each([
    ["CREATED", "approved"],
    ["CAPTURED", "approved"],
    ["PARTIALLY_CAPTURED", "approved"],
    ["PENDING", "pending"],
    ["DENIED", "declined"],
    ["VOIDED", "declined"],
    ["BRAND_NEW", "unknown"],
  ])("an authorization that is %s is %s", async (status, kind) => {
    const hold = openingCall("authorize", PAYPAL_CARDS.approved);
    const authorizations = [{ id: "A1", status, amount, expiration_time: "2026-12-24T10:00:00Z" }];
    const { outcome } = await talk(hold, 201, {
      id: "O1",
      status: "COMPLETED",
      purchase_units: [{ amount, payments: { authorizations } }],
    });
    expect(outcome.kind).toBe(kind);
    if (outcome.kind === "approved") expect(outcome.expiresAt).toBe(Date.UTC(2026, 11, 24, 10));
  });

  test.each([
    ["COMPLETED", "approved"],
    ["PENDING", "pending"],
    ["CANCELLED", "declined"],
    ["FAILED", "declined"],
    ["BRAND_NEW", "unknown"],
  ])("a refund that is %s is %s, also when it is asked about", async (status, kind) => {
    const refund = followingCall(call, "refund", { attemptReference: "C1", amount: 1000 });
    expect((await talk(refund, 201, { id: "R1", status, amount, custom_id: refund.key })).outcome.kind).toBe(kind);
    const asked: Send = async ({ path }) =>
      path.startsWith("/v1")
        ? answer(200, { access_token: "t", expires_in: 9 })
        : answer(200, { id: "R1", status, amount });
    expect((await lookup({ ...refund, reference: "R1" }, asked)).kind).toBe(kind);
  });

  test("an order that was declined and then paid is paid", async () => {
    const captures = [
      { id: "C1", status: "DECLINED", amount },
      { id: "C2", status: "COMPLETED", amount },
    ];
    const body = { id: "O1", status: "COMPLETED", purchase_units: [{ amount, payments: { captures } }] };
    expect((await talk(call, 201, body)).outcome).toMatchObject({ kind: "approved", reference: "C2" });
  });

  test("contradictions are never approvals", async () => {
    expect((await talk(call, 201, order({ amount: { ...amount, value: "9.99" } }))).outcome.kind).toBe("conflicted");
    expect((await talk(call, 201, order({ amount: { ...amount, value: "10.001" } }))).outcome.kind).toBe("conflicted");
    expect((await talk(call, 201, order({ amount: undefined }))).outcome.kind).toBe("conflicted");
    expect((await talk(call, 201, order({ id: 7 }))).outcome.kind).toBe("unknown");
    const [unit] = order({}).purchase_units;
    expect((await talk(call, 201, order({}, { purchase_units: [unit, unit] }))).outcome.kind).toBe("unknown");
    expect(
      (await talk(call, 201, order({}, { purchase_units: [{ ...unit, custom_id: "att_other" }] }))).outcome.kind,
    ).toBe("unknown");
    expect((await talk(call, 201, order({}, { purchase_units: [{ amount }] }))).outcome.kind).toBe("unknown");
  });

  test.each([
    [422, "INSTRUMENT_DECLINED", "declined"],
    [422, "CARD_EXPIRED", "declined"],
    [422, "DECIMAL_PRECISION", "failed"],
    [422, "DUPLICATE_INVOICE_ID", "unknown"],
    [422, "ORDER_NOT_APPROVED", "unknown"],
    [400, "INVALID_PARAMETER_VALUE", "failed"],
    [401, "INVALID_ACCOUNT_STATUS", "failed"],
    [403, "PERMISSION_DENIED", "failed"],
    [409, "PREVIOUS_REQUEST_IN_PROGRESS", "unknown"],
    [429, "RATE_LIMIT_REACHED", "unknown"],
    [500, "INTERNAL_SERVER_ERROR", "unknown"],
  ])("HTTP %d with %s is %s", async (status, code, kind) => {
    const body = { name: "N", details: [{ issue: code, description: "d" }] };
    expect((await talk(call, status, body)).outcome.kind).toBe(kind);
  });

  test("a void is done when PayPal says so, or had done it before", async () => {
    const hold = openingCall("authorize", PAYPAL_CARDS.approved);
    const voiding = followingCall(hold, "void", { attemptReference: "A1" });
    const refusal = (issue: string) => ({ name: "UNPROCESSABLE_ENTITY", details: [{ issue }] });
    expect((await talk(voiding, 204, null)).outcome).toMatchObject({ kind: "approved" });
    expect((await talk(voiding, 200, { id: "A1", status: "VOIDED" })).outcome).toMatchObject({ kind: "approved" });
    expect((await talk(voiding, 200, { id: "A1", status: "CREATED" })).outcome).toMatchObject({ kind: "unknown" });
    expect((await talk(voiding, 422, refusal("PREVIOUSLY_VOIDED"))).outcome).toMatchObject({ kind: "approved" });
    expect((await talk(voiding, 422, refusal("PREVIOUSLY_CAPTURED"))).outcome).toMatchObject({
      kind: "failed",
      error: { code: "void_refused" },
    });
  });
});

describe("PayPal's answers, mutated", () => {
  test("an approval never becomes an approval of something else, nor a definite no", async () => {
    const processor = new PayPalSimulator();
    const opening = openingCall("authorize", PAYPAL_CARDS.approved);
    const opened = await perform(opening, processor.send);
    const attemptReference = opened.kind === "approved" ? opened.reference : "";
    const capture = followingCall(opening, "capture", { attemptReference });
    const captured = await perform(capture, processor.send);
    const captureReference = captured.kind === "approved" ? captured.reference : "";
    const sale = openingCall("charge", PAYPAL_CARDS.approved);
    for (const call of [
      opening,
      sale,
      capture,
      followingCall(opening, "refund", { attemptReference, captureReference }),
    ]) {
      const answers: ProcessorAnswer[] = [];
      await perform(call, async (request) => {
        const got = await processor.send(request);
        answers.push(got);
        return got;
      });
      const good = answers.at(-1);
      if (good?.kind !== "answer") throw new Error("no answer");
      await fc.assert(
        fc.asyncProperty(mutationsOf(good.body), async (body) => {
          const outcome = await perform(call, async () => ({ ...good, body }));
          expect(["approved", "pending", "unknown", "conflicted", "challenge"]).toContain(outcome.kind);
          if (outcome.kind === "approved")
            expect(outcome).toMatchObject({ amount: call.amount, currency: call.currency });
        }),
        { numRuns: 400 },
      );
    }
  });
});

test("a credential that is refused says nothing of an earlier sending", async () => {
  for (const status of [401, 403]) {
    const call = openingCall("charge", PAYPAL_CARDS.approved);
    const body = { name: "N", details: [{ issue: "I" }] };
    expect((await talk(call, status, body)).outcome.kind).toBe("failed");
    expect((await talk({ ...call, isRepeat: true }, status, body)).outcome.kind).toBe("unknown");
  }
});
