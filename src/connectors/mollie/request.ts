/** Our call in the words of Mollie's API v2. Pure. */
import type { Address, PaymentDetails } from "../../domain/payment/details.ts";
import type { ConnectorAccount, ProcessorCall, ProcessorRequest } from "../connector.ts";
import { amountOf, type WireAmount } from "./amount.ts";

/** Null where Mollie has no way to express the call; an authentication is only asked about. */
export function performRequest(call: ProcessorCall, account: ConnectorAccount): ProcessorRequest | null {
  const amount = amountOf(call.amount, call.currency);
  const following = { amount, description: call.key, metadata: { key: call.key } };
  switch (call.kind) {
    case "authorize":
    case "charge":
      if (call.method.type === "card" || call.details.offSession === true) return null;
      return send("POST", "/v2/payments", paymentBody(call, amount, account), call.key, account);
    case "capture":
      return send("POST", `${pathOf(call)}/captures`, following, call.key, account);
    case "refund":
      return send("POST", `${pathOf(call)}/refunds`, following, call.key, account);
    case "void":
      // Nothing is held while the shopper has not paid: then the payment itself is cancelled.
      return call.amount === 0 ? send("DELETE", pathOf(call), null, call.key, account) : releaseRequest(call, account);
    case "verify":
    case "authenticate":
      return null;
  }
}

/** Gives back what is held and not captured. */
export function releaseRequest(call: ProcessorCall, account: ConnectorAccount): ProcessorRequest {
  const key = call.kind === "void" ? call.key : `${call.key}-release`;
  return send("POST", `${pathOf(call)}/release-authorization`, {}, key, account);
}

export function paymentRequest(id: string, account: ConnectorAccount): ProcessorRequest {
  return get(`/v2/payments/${encodeURIComponent(id)}`, account);
}

/** The newest payments, since there is no search: as many as Mollie gives at once. */
export function recentRequest(account: ConnectorAccount): ProcessorRequest {
  return get("/v2/payments?limit=250", account);
}

/** A payment's captures or refunds, each with our key. */
export function listRequest(call: ProcessorCall, account: ConnectorAccount): ProcessorRequest {
  return get(`${pathOf(call)}/${call.kind === "capture" ? "captures" : "refunds"}?limit=250`, account);
}

function pathOf(call: ProcessorCall): string {
  return `/v2/payments/${encodeURIComponent(call.attemptReference ?? "")}`;
}

function authorization(account: ConnectorAccount): Record<string, string> {
  return { authorization: `Bearer ${account.credentials["apiKey"] ?? ""}` };
}

function get(path: string, account: ConnectorAccount): ProcessorRequest {
  return { method: "GET", path, headers: authorization(account) };
}

function send(
  method: "POST" | "DELETE",
  path: string,
  body: object | null,
  key: string,
  account: ConnectorAccount,
): ProcessorRequest {
  const headers = { "content-type": "application/json", "idempotency-key": key, ...authorization(account) };
  return { method, path, headers, ...(body === null ? {} : { body: JSON.stringify(body) }) };
}

function paymentBody(call: ProcessorCall, amount: WireAmount, account: ConnectorAccount): object {
  const { details, method, returnUrl, paymentId } = call;
  const webhookUrl = webhookAddress(returnUrl, account);
  return {
    amount,
    description: (details.description ?? `Payment ${details.merchantReference ?? paymentId}`).slice(0, 255),
    redirectUrl: returnUrl,
    ...(webhookUrl === null ? {} : { webhookUrl }),
    method: method.provider ?? method.type,
    captureMode: call.kind === "authorize" ? "manual" : "automatic",
    metadata: { key: call.key, payment: paymentId },
    ...(details.billing === undefined ? {} : { billingAddress: address(details.billing, details) }),
    ...(details.shipping === undefined ? {} : { shippingAddress: address(details.shipping, details) }),
    ...(method.type === "pay_later" ? { lines: lines(call, amount) } : {}),
  };
}

/** Mollie refuses an address that it cannot reach; without one it says nothing, and payments are only asked about. */
function webhookAddress(returnUrl: string, { id }: ConnectorAccount): string | null {
  const { protocol, hostname, origin } = new URL(returnUrl);
  const isPublic =
    protocol === "https:" && /\.[a-z]{2,}$/i.test(hostname) && !/\.(?:localhost|local|internal|test)$/i.test(hostname);
  return isPublic ? `${origin}/webhooks/${id}` : null;
}

function address({ line1, line2, city, state, postalCode, country }: Address, { customer }: PaymentDetails): object {
  return {
    ...(customer === undefined
      ? {}
      : { givenName: customer.firstName, familyName: customer.lastName, email: customer.email }),
    ...(line1 === undefined ? {} : { streetAndNumber: line1 }),
    ...(line2 === undefined ? {} : { streetAdditional: line2 }),
    ...(postalCode === undefined ? {} : { postalCode }),
    ...(city === undefined ? {} : { city }),
    ...(state === undefined ? {} : { region: state }),
    country,
  };
}

/** Lenders want to see what is bought, and that it adds up; where the cart does not, the order is one line. */
function lines({ details, amount, currency }: ProcessorCall, total: WireAmount): object[] {
  const items = details.cartItems ?? [];
  const sum = items.reduce((all, { price, quantity }) => all + price * quantity, 0);
  if (sum !== amount) return [{ description: "Order", quantity: 1, unitPrice: total, totalAmount: total }];
  return items.map(({ name, price, quantity, type }) => ({
    type: type === "TANGIBLE" ? "physical" : "digital",
    description: name.slice(0, 100),
    quantity,
    unitPrice: amountOf(price, currency),
    totalAmount: amountOf(price * quantity, currency),
  }));
}
