import { describe, expect, test } from "vitest";
import { checkout } from "../../src/connectors/checkout/index.ts";
import type { CallContext } from "../../src/connectors/connector.ts";
import { childId } from "../../src/domain/ids.ts";
import { signEvent } from "../support/processors/checkout.ts";
import { CHECKOUT_WEBHOOK_SECRET, checkoutAccount } from "./accounts.ts";
import { freshPaymentId } from "./calls.ts";

const context: CallContext = {
  account: checkoutAccount(),
  now: 0,
  send: () => Promise.reject(new Error("asks nobody")),
};
const bytes = (text: string) => new TextEncoder().encode(text);

const payment = freshPaymentId();
const attemptId = childId("att", payment, 1);
const refundId = childId("re", payment, 1);

function event(type: string, data: Record<string, unknown>): string {
  const about = {
    id: "pay_1",
    action_id: "act_1",
    amount: 1000,
    currency: "GBP",
    response_code: "10000",
    response_summary: "Approved",
  };
  return JSON.stringify({ id: `evt_${type}`, type, created_on: "2026-01-01T00:00:00Z", data: { ...about, ...data } });
}

const verify = (raw: Uint8Array, headers: Headers, account = context.account) =>
  checkout.webhook?.verify(raw, headers, { ...context, account });
const read = (type: string, data: Record<string, unknown>) => checkout.webhook?.read(bytes(event(type, data)), context);

describe("Checkout.com's events", () => {
  test("are believed when the whole of them is signed, and only then", async () => {
    const body = event("payment_captured", { reference: `${attemptId}-c1` });
    const headers = await signEvent(body, CHECKOUT_WEBHOOK_SECRET);
    expect(await verify(bytes(body), headers)).toBe(true);
    for (let at = 0; at < body.length; at += 7) {
      const changed = bytes(body);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await verify(changed, headers)).toBe(false);
    }
    expect(await verify(bytes(`${body} `), headers)).toBe(false);
    expect(await verify(bytes(body), await signEvent(body, "another key"))).toBe(false);
    for (const signature of ["", "00", "zz".repeat(32), `${headers.get("cko-signature")}00`]) {
      expect(await verify(bytes(body), new Headers({ "cko-signature": signature }))).toBe(false);
    }
    expect(await verify(bytes(body), new Headers())).toBe(false);
    const { webhookSecret: _secret, ...credentials } = context.account.credentials;
    expect(await verify(bytes(body), headers, checkoutAccount({ credentials }))).toBe(false);
  });

  test("settle the capture, void or refund that they name", () => {
    const approved = { kind: "approved", reference: "act_1", amount: 1000, currency: "gbp" };
    for (const [type, key] of [
      ["payment_captured", `${attemptId}-c1`],
      ["payment_voided", `${attemptId}-v1`],
      ["payment_refunded", refundId],
    ] as const) {
      expect(read(type, { reference: key })).toEqual([
        { messageId: `evt_${type}`, paymentId: payment, key, outcome: approved },
      ]);
    }
    const declined = { kind: "declined", error: { code: "refund_refused", connectorCode: "20158" } };
    expect(read("payment_refund_declined", { reference: refundId, response_code: "20158" })).toMatchObject([
      { key: refundId, outcome: declined },
    ]);
    const clp = { reference: refundId, amount: 105000, currency: "CLP" };
    expect(read("payment_refunded", clp)).toMatchObject([{ outcome: { amount: 1050, currency: "clp" } }]);
  });

  test("about a payment as a whole say no, or hint: whether it was held or taken, the payment itself says", () => {
    const declined = { reference: attemptId, response_code: "20051" };
    expect(read("payment_declined", declined)).toMatchObject([
      { key: attemptId, outcome: { kind: "declined", error: { category: "insufficient_funds" } } },
    ]);
    for (const type of ["payment_approved", "payment_captured", "payment_expired", "payment_chargeback", "brand_new"]) {
      expect(read(type, { reference: attemptId })).toMatchObject([{ paymentId: payment, key: null, outcome: null }]);
    }
  });

  test("with a part missing settle nothing", () => {
    for (const lack of ["action_id", "amount", "currency"]) {
      expect(read("payment_captured", { reference: `${attemptId}-c1`, [lack]: undefined })).toMatchObject([
        { key: null, outcome: null },
      ]);
    }
    expect(read("payment_refunded", { reference: `${attemptId}-c1` })).toMatchObject([{ key: null, outcome: null }]);
  });

  test("about nothing of ours, or unreadable, are no facts", () => {
    expect(read("payment_approved", { reference: "ORD-5023-4E89" })).toEqual([]);
    expect(read("payment_approved", {})).toEqual([]);
    for (const text of ["", "null", "[]", "{", '{"data":{"reference":7}}', "\u0000"])
      expect(checkout.webhook?.read(bytes(text), context)).toEqual([]);
  });

  test("that come again are known by their id", () => {
    const [first] = [read("payment_captured", { reference: `${attemptId}-c1` })];
    expect(read("payment_captured", { reference: `${attemptId}-c1` })).toEqual(first);
  });
});
