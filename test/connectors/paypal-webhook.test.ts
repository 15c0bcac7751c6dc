import { describe, expect, test } from "vitest";
import type { CallContext } from "../../src/connectors/connector.ts";
import { paypal } from "../../src/connectors/paypal/index.ts";
import { childId } from "../../src/domain/ids.ts";
import { PayPalSimulator, signEvent } from "../support/processors/paypal.ts";
import { paypalAccount } from "./accounts.ts";
import { freshPaymentId } from "./calls.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const payment = freshPaymentId();
const attemptId = childId("att", payment, 1);
const refundId = childId("re", payment, 1);
const amount = { currency_code: "GBP", value: "10.00" };

function context(changes: Partial<CallContext> = {}): CallContext {
  const account = paypalAccount({ id: "ca_0000000000000000000000w1" });
  return { account, now: 0, send: new PayPalSimulator().send, ...changes };
}

function event(event_type: string, resource: object): string {
  return JSON.stringify({
    id: `WH-${event_type}`,
    event_type,
    resource_version: "2.0",
    resource: { id: "C1", status: "COMPLETED", amount, ...resource },
  });
}

const verify = (body: string, headers: Headers, changes = {}) =>
  paypal.webhook?.verify(bytes(body), headers, context(changes));
const read = (type: string, resource: object) => paypal.webhook?.read(bytes(event(type, resource)), context());

describe("PayPal's events", () => {
  // Spaces and an escape, as no printer of ours would write them.
  const body = event("PAYMENT.CAPTURE.COMPLETED", { custom_id: attemptId })
    .replace('"id"', ' "id" ')
    .replace("WH-", "WH\\u002d");

  test("are believed when PayPal itself confirms their bytes, and only then", async () => {
    const headers = await signEvent(body);
    expect(await verify(body, headers)).toBe(true);
    expect(await verify(body.replace("10.00", "99.00"), headers)).toBe(false);
    expect(await verify(JSON.stringify(JSON.parse(body)), headers)).toBe(false);
    expect(await verify(body, await signEvent(body, "another webhook"))).toBe(false);
    for (const name of [...headers.keys()]) {
      const without = new Headers(headers);
      without.delete(name);
      expect(await verify(body, without)).toBe(false);
    }
  });

  test("are not believed where PayPal cannot be asked, or there is nothing to ask with", async () => {
    const headers = await signEvent(body);
    const { webhookId: _id, ...credentials } = paypalAccount().credentials;
    expect(await verify(body, headers, { account: paypalAccount({ credentials }) })).toBe(false);
    expect(await verify(body, headers, { send: async () => ({ kind: "no_answer", reason: "lost" }) })).toBe(false);
    for (const text of ["{}", '{"verification_status":"FAILURE"}', '{"verification_status":true}', ""]) {
      const send = async () => ({ kind: "answer" as const, status: 200, headers: new Headers(), body: text });
      expect(await verify(body, headers, { send })).toBe(false);
    }
    const never: CallContext["send"] = () => Promise.reject(new Error("asked"));
    for (const text of ["", "null", "[]", "{", `${body},"x":{}`, `${body}}`])
      expect(await verify(text, headers, { send: never })).toBe(false);
  });

  test("settle the sale, the capture or the refund that they name", () => {
    const approved = { kind: "approved", reference: "C1", amount: 1000, currency: "gbp" };
    const one = (type: string, resource: object) => read(type, resource);
    expect(one("PAYMENT.CAPTURE.COMPLETED", { custom_id: attemptId })).toEqual([
      { messageId: "WH-PAYMENT.CAPTURE.COMPLETED", paymentId: payment, key: attemptId, outcome: approved },
    ]);
    const capture = { custom_id: attemptId, invoice_id: `${attemptId}-c1` };
    expect(one("PAYMENT.CAPTURE.COMPLETED", capture)).toMatchObject([{ key: `${attemptId}-c1`, outcome: approved }]);
    expect(one("PAYMENT.CAPTURE.REFUNDED", { custom_id: refundId })).toMatchObject([
      { key: refundId, outcome: approved },
    ]);
    expect(one("PAYMENT.AUTHORIZATION.CREATED", { custom_id: attemptId, status: "CREATED" })).toMatchObject([
      { key: attemptId, outcome: approved },
    ]);
    expect(one("PAYMENT.CAPTURE.DENIED", { custom_id: attemptId, status: "DECLINED" })).toMatchObject([
      { key: attemptId, outcome: { kind: "declined" } },
    ]);
    expect(one("PAYMENT.REFUND.FAILED", { custom_id: refundId, status: "FAILED" })).toMatchObject([
      { key: refundId, outcome: { kind: "declined" } },
    ]);
  });

  test("only hint at what is pending, at an order, at what was given back, and at what they do not say whole", () => {
    const hint = [{ paymentId: payment, key: null, outcome: null }];
    expect(read("PAYMENT.CAPTURE.PENDING", { custom_id: attemptId, status: "PENDING" })).toMatchObject(hint);
    expect(read("PAYMENT.AUTHORIZATION.VOIDED", { custom_id: attemptId, status: "VOIDED" })).toMatchObject(hint);
    expect(read("PAYMENT.CAPTURE.REFUNDED", { custom_id: attemptId })).toMatchObject(hint);
    expect(read("PAYMENT.CAPTURE.COMPLETED", { custom_id: attemptId, amount: undefined })).toMatchObject(hint);
    expect(read("PAYMENT.CAPTURE.COMPLETED", { custom_id: attemptId, status: "BRAND_NEW" })).toMatchObject(hint);
    expect(read("CUSTOMER.DISPUTE.CREATED", { custom_id: attemptId })).toMatchObject(hint);
    const order = { id: "O1", status: "APPROVED", amount: undefined, purchase_units: [{ custom_id: attemptId }] };
    expect(read("CHECKOUT.ORDER.APPROVED", order)).toMatchObject(hint);
  });

  test("about nothing of ours, or unreadable, are no facts", () => {
    expect(read("PAYMENT.CAPTURE.COMPLETED", { custom_id: "order-77" })).toEqual([]);
    for (const text of ["", "null", "[]", "{", '{"resource":7}'])
      expect(paypal.webhook?.read(bytes(text), context())).toEqual([]);
  });
});
