/** Our call in the words of PayPal's orders v2 and payments v2. Pure; the token is added where it is sent. */
import type { Address, PaymentDetails } from "../../domain/payment/details.ts";
import type { ProcessorCall, ProcessorRequest } from "../connector.ts";
import { moneyOf } from "./amount.ts";

export function opensPayment(call: ProcessorCall): boolean {
  return call.kind === "verify" || call.kind === "authorize" || call.kind === "charge";
}

/** Null where PayPal has no way to express the call. */
export function performRequest(call: ProcessorCall): ProcessorRequest | null {
  const amount = moneyOf(call.amount, call.currency);
  switch (call.kind) {
    case "authorize":
    case "charge": {
      const source = amount === null ? null : paymentSource(call);
      if (amount === null || source === null) return null;
      return post("/v2/checkout/orders", orderBody(call, amount, source), call.key);
    }
    case "capture": {
      // The invoice number is what tells captures of one authorization apart, in answers and events.
      const capture = { amount, invoice_id: call.key, final_capture: call.final };
      return amount === null ? null : post(`${authorizationPath(call)}/capture`, capture, call.key);
    }
    case "refund": {
      // A sale is known by its capture.
      const captured = call.captureReference ?? (call.attemptKind === "charge" ? call.attemptReference : null);
      if (amount === null || captured === null) return null;
      const path = `/v2/payments/captures/${encodeURIComponent(captured)}/refund`;
      return post(path, { amount, custom_id: call.key }, call.key);
    }
    case "void":
      return post(`${authorizationPath(call)}/void`, null, call.key);
    case "verify":
    case "authenticate":
      return null;
  }
}

/** Takes or holds what the payer has approved. A key of its own: under the order's, PayPal would repeat the order. */
export function finishRequest(call: ProcessorCall, orderId: string): ProcessorRequest {
  const verb = call.attemptKind === "authorize" ? "authorize" : "capture";
  return post(`${orderPath(orderId)}/${verb}`, {}, `${call.attemptId}-finish`);
}

export function orderRequest(orderId: string): ProcessorRequest {
  return { method: "GET", path: orderPath(orderId), headers: {} };
}

export function refundRequest(refundId: string): ProcessorRequest {
  return { method: "GET", path: `/v2/payments/refunds/${encodeURIComponent(refundId)}`, headers: {} };
}

function orderPath(orderId: string): string {
  return `/v2/checkout/orders/${encodeURIComponent(orderId)}`;
}

function authorizationPath(call: ProcessorCall): string {
  return `/v2/payments/authorizations/${encodeURIComponent(call.attemptReference ?? "")}`;
}

function post(path: string, body: object | null, key: string): ProcessorRequest {
  // The whole resource, since the short answer does not name the money.
  const headers = { "content-type": "application/json", "paypal-request-id": key, prefer: "return=representation" };
  return { method: "POST", path, headers, ...(body === null ? {} : { body: JSON.stringify(body) }) };
}

function orderBody(call: ProcessorCall, amount: object, payment_source: object): object {
  const { description, statementDescriptor, shipping } = call.details;
  return {
    intent: call.kind === "charge" ? "CAPTURE" : "AUTHORIZE",
    purchase_units: [
      {
        reference_id: call.paymentId,
        custom_id: call.key,
        amount,
        ...(description === undefined ? {} : { description: description.slice(0, 127) }),
        ...(statementDescriptor === undefined ? {} : { soft_descriptor: statementDescriptor }),
        ...(shipping === undefined ? {} : { shipping: { address: address(shipping) } }),
      },
    ],
    payment_source,
  };
}

/** Null for what PayPal does not offer, or only in a way that takes the money without being asked for it. */
function paymentSource(call: ProcessorCall): object | null {
  const { method, card, details } = call;
  if (method.type === "wallet") {
    if (method.provider === "paypal") return { paypal: wallet(call) };
    return method.provider === "venmo" ? { venmo: {} } : null;
  }
  if (method.type !== "card" || card === null) return null;
  const { number, expiryMonth, expiryYear, cvc, holderName } = card.reveal();
  const verification =
    details.authentication?.threeDs === "skip" ? {} : { attributes: { verification: { method: threeDs(details) } } };
  return {
    card: {
      number,
      expiry: `${expiryYear}-${String(expiryMonth).padStart(2, "0")}`,
      ...(cvc === null ? {} : { security_code: cvc }),
      ...(holderName === null ? {} : { name: holderName }),
      ...(details.billing === undefined ? {} : { billing_address: address(details.billing) }),
      ...(details.offSession === true
        ? { stored_credential: { payment_initiator: "MERCHANT", payment_type: "UNSCHEDULED", usage: "SUBSEQUENT" } }
        : { ...verification, experience_context: returnAddresses(call) }),
    },
  };
}

function threeDs({ authentication }: PaymentDetails): "SCA_ALWAYS" | "SCA_WHEN_REQUIRED" {
  return authentication?.threeDs === "force" ? "SCA_ALWAYS" : "SCA_WHEN_REQUIRED";
}

function wallet(call: ProcessorCall): object {
  const shipping_preference = call.details.shipping === undefined ? "NO_SHIPPING" : "SET_PROVIDED_ADDRESS";
  return { experience_context: { ...returnAddresses(call), user_action: "PAY_NOW", shipping_preference } };
}

/** The payer's word that they gave up; it is believed only as far as the order agrees. */
export const CANCELLED_MARK = "paypal_cancelled";

function returnAddresses({ returnUrl }: ProcessorCall): object {
  const cancel = new URL(returnUrl);
  cancel.searchParams.set(CANCELLED_MARK, "1");
  return { return_url: returnUrl, cancel_url: cancel.href };
}

function address({ line1, line2, city, state, postalCode, country }: Address): object {
  return {
    ...(line1 === undefined ? {} : { address_line_1: line1 }),
    ...(line2 === undefined ? {} : { address_line_2: line2 }),
    ...(city === undefined ? {} : { admin_area_2: city.slice(0, 120) }),
    ...(state === undefined ? {} : { admin_area_1: state }),
    ...(postalCode === undefined ? {} : { postal_code: postalCode }),
    country_code: country,
  };
}
