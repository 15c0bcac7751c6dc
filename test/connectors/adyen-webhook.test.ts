import { describe, expect, test } from "vitest";
import { adyen } from "../../src/connectors/adyen/index.ts";
import type { CallContext, WebhookFact } from "../../src/connectors/connector.ts";
import { childId } from "../../src/domain/ids.ts";
import type { PaymentEvent } from "../../src/domain/payment/events.ts";
import { evolve } from "../../src/domain/payment/evolve.ts";
import { observe } from "../../src/domain/payment/observe.ts";
import type { PaymentState } from "../../src/domain/payment/state.ts";
import { statusOf } from "../../src/domain/payment/status.ts";
import { signedNotification } from "../support/processors/adyen.ts";
import { adyenAccount } from "./accounts.ts";
import { freshPaymentId } from "./calls.ts";

const context: CallContext = { account: adyenAccount(), now: 0, send: () => Promise.reject(new Error("asks nobody")) };

const payment = freshPaymentId();
const attemptId = childId("att", payment, 1);
const REFUND = childId("re", payment, 1);

function item(eventCode: string, merchantReference: string, changes: Record<string, unknown> = {}) {
  return {
    amount: { currency: "GBP", value: 1000 },
    eventCode,
    merchantAccountCode: "SwitchyardECOM",
    merchantReference,
    originalReference: eventCode === "AUTHORISATION" ? "" : "SIM0000000000001",
    pspReference: `SIM${eventCode.replaceAll("_", "")}`,
    reason: "",
    success: "true",
    ...changes,
  };
}

const verify = (raw: Uint8Array, account = context.account) =>
  adyen.webhook?.verify(raw, new Headers(), { ...context, account });

async function read(...of: Parameters<typeof item>): Promise<WebhookFact[]> {
  const raw = await signedNotification(item(...of));
  expect(await verify(raw)).toBe(true);
  return (await adyen.webhook?.read(raw, context)) ?? [];
}

describe("Adyen's webhooks are believed", () => {
  test("for what is signed: which operation, how it ended, and how much", async () => {
    const approved = { kind: "approved", amount: 1000, currency: "gbp" };
    for (const [code, key] of [
      ["AUTHORISATION", attemptId],
      ["CAPTURE", `${attemptId}-c1`],
      ["CANCELLATION", `${attemptId}-v1`],
      ["TECHNICAL_CANCEL", `${attemptId}-v2`],
      ["REFUND", REFUND],
    ] as const) {
      const reference = `SIM${code.replaceAll("_", "")}`;
      expect(await read(code, key)).toEqual([
        { messageId: `${code}:${reference}:true`, paymentId: payment, key, outcome: { ...approved, reference } },
      ]);
    }
  });

  test("when they say no, with the reason only as text", async () => {
    const refused = { success: "false", reason: "Insufficient balance on payment 4111111111111111" };
    const [capture] = await read("CAPTURE", `${attemptId}-c1`, refused);
    expect(capture?.outcome).toMatchObject({ kind: "declined", error: { code: "capture_refused", category: "other" } });
    expect(JSON.stringify(capture)).not.toContain("4111");
    const [attempt] = await read("AUTHORISATION", attemptId, refused);
    expect(attempt?.outcome).toMatchObject({ kind: "declined", error: { code: "card_declined" } });
  });

  test("when they take an operation's success back", async () => {
    const [refund] = await read("REFUND_FAILED", REFUND);
    expect(refund).toMatchObject({ key: REFUND, outcome: { kind: "declined", error: { code: "refund_refused" } } });
    const [capture] = await read("CAPTURE_FAILED", `${attemptId}-c1`);
    expect(capture?.outcome).toMatchObject({ kind: "declined" });
  });

  test("as hints only, where no call of ours asked for what they tell", async () => {
    for (const code of ["CHARGEBACK", "EXPIRE", "MANUAL_REVIEW_REJECT", "BRAND_NEW_EVENT"]) {
      expect(await read(code, attemptId)).toMatchObject([{ paymentId: payment, key: null, outcome: null }]);
    }
    // An event that does not go with the operation it names settles nothing.
    expect(await read("CAPTURE", attemptId)).toMatchObject([{ key: null, outcome: null }]);
    expect(await read("AUTHORISATION", REFUND)).toMatchObject([{ key: null, outcome: null }]);
  });

  test("about nothing of ours they are no facts", async () => {
    expect(await read("AUTHORISATION", "order-77")).toEqual([]);
    expect(await read("AUTHORISATION", attemptId, { merchantAccountCode: "SomebodyElse" })).toEqual([]);
    // Fields are joined unescaped: what holds the separator could be read in two ways.
    expect(await read("AUTHORISATION", attemptId, { originalReference: "a:b" })).toEqual([]);
    expect(await read("AUTHORISATION", attemptId, { amount: { currency: "IDR", value: 1.5 } })).toMatchObject([
      { outcome: null },
    ]);
  });

  test("in Adyen's own exponents", async () => {
    const [fact] = await read("CAPTURE", `${attemptId}-c1`, { amount: { currency: "ISK", value: 105000 } });
    expect(fact?.outcome).toMatchObject({ amount: 1050, currency: "isk" });
  });
});

test("Adyen's webhooks are signed as Adyen's own library signs them (@adyen/api-library 32.1.0)", async () => {
  const capture = item("CAPTURE", "att_x-c1", { pspReference: "SIM0000000000002" });
  for (const [changes, hmacSignature] of [
    [{}, "O68Y6wUIqHjptCHDfHI5nTzuRqJpvy8aFq/XuSK+Y18="],
    [{ originalReference: undefined }, "NYWEZTqo5Awygfjtem5H3FpBkdo6JJbWkcHt+aTdZmM="],
    [{ amount: { value: 0, currency: "EUR" }, success: "false" }, "H4qu6/c6GUrBmzYj9sif1+e9JmuD44Zenv5ZrDIE5Ss="],
  ] as const) {
    const NotificationRequestItem = { ...capture, ...changes, additionalData: { hmacSignature } };
    const raw = JSON.stringify({ live: "false", notificationItems: [{ NotificationRequestItem }] });
    expect(await verify(new TextEncoder().encode(raw))).toBe(true);
  }
});

describe("Adyen's webhooks are refused", () => {
  test("with any signed field, the signature or the key changed", async () => {
    const real = new TextDecoder().decode(await signedNotification(item("CAPTURE", `${attemptId}-c1`)));
    for (const [from, to] of [
      ["SIMCAPTURE", "SIMCAPTURF"],
      ["SIM0000000000001", "SIM0000000000002"],
      ["SwitchyardECOM", "OtherECOM"],
      [`${attemptId}-c1`, `${attemptId}-c2`],
      ["1000", "9999"],
      ["GBP", "USD"],
      ['"eventCode":"CAPTURE"', '"eventCode":"REFUND"'],
      ['"success":"true"', '"success":"false"'],
      ['"hmacSignature":"', '"hmacSignature":"A'],
    ] as const) {
      expect(real).toContain(from);
      expect(await verify(new TextEncoder().encode(real.replace(from, to)))).toBe(false);
    }
    expect(await verify(await signedNotification(item("CAPTURE", attemptId), "00".repeat(32)))).toBe(false);
  });

  test("without a signature, without a key, with nothing or with a stranger among them", async () => {
    const raw = await signedNotification(item("CAPTURE", `${attemptId}-c1`));
    const { hmacKey: _hmacKey, ...credentials } = context.account.credentials;
    expect(await verify(raw, adyenAccount({ credentials }))).toBe(false);
    expect(await verify(raw, adyenAccount({ credentials: { ...credentials, hmacKey: "not hex" } }))).toBe(false);
    const body = JSON.parse(new TextDecoder().decode(raw)) as { notificationItems: unknown[] };
    const stranger = { NotificationRequestItem: item("REFUND", REFUND) };
    for (const notificationItems of [[], [stranger], [...body.notificationItems, stranger], "x", null]) {
      expect(await verify(new TextEncoder().encode(JSON.stringify({ ...body, notificationItems })))).toBe(false);
    }
    for (const text of ["", "null", "[]", "{", "\u0000"]) {
      expect(await verify(new TextEncoder().encode(text))).toBe(false);
      expect(await adyen.webhook?.read(new TextEncoder().encode(text), context)).toEqual([]);
    }
  });
});

describe("Adyen's webhooks in any order, any number of times", () => {
  const captureKey = `${attemptId}-c1`;
  const details = { amount: 1000, currency: "gbp", captureMethod: "manual" as const };
  const account = { id: context.account.id, label: "adyen-eu", processor: "adyen", releasesRest: true };
  const past: PaymentEvent[] = [
    { kind: "created", owner: { merchantId: context.account.merchantId, mode: "test" }, details, method: null },
    {
      kind: "attemptStarted",
      attemptId,
      account,
      attempt: "authorize",
      amount: 1000,
      review: false,
      plan: null,
      origin: "",
    },
    { kind: "authorized", attemptId, reference: "SIM0000000000001", amount: 1000, expiresAt: 1e15 },
    { kind: "captureStarted", captureKey, attemptId, amount: 400, final: true },
  ];

  function fold(state: PaymentState | null, events: readonly PaymentEvent[]): PaymentState {
    for (const event of events) state = evolve(state, event, payment, 1);
    if (state === null) throw new Error("no events");
    return state;
  }

  test("end in one state, which a late or repeated one does not change", async () => {
    const amount = { currency: "GBP", value: 400 };
    const messages = await Promise.all([
      read("AUTHORISATION", attemptId),
      read("CAPTURE", captureKey, { amount }),
      read("CAPTURE", captureKey, { amount }),
      read("AUTHORISATION", attemptId, { success: "false" }),
    ]);
    const facts = messages.flat();
    expect(new Set(facts.map(({ messageId }) => messageId)).size).toBe(3);
    for (const order of permutations(facts)) {
      let state = fold(null, past);
      for (const { key, outcome } of order) {
        if (key !== null && outcome !== null) state = fold(state, observe(state, key, outcome, 2));
      }
      expect(statusOf(state)).toBe("partially_captured");
      expect(state.captures).toMatchObject([{ status: "succeeded", amount: 400 }]);
    }
  });

  test("a capture of another amount than was asked for is a conflict", async () => {
    const [fact] = await read("CAPTURE", captureKey, { amount: { currency: "GBP", value: 401 } });
    const before = fold(null, past);
    const events = fact?.outcome ? observe(before, captureKey, fact.outcome, 2) : [];
    expect(statusOf(fold(before, events))).toBe("conflicted");
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((one, at) => permutations(items.toSpliced(at, 1)).map((rest) => [one, ...rest]));
}
