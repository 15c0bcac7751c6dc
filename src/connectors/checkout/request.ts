/** Our call in Checkout.com's words. Pure. */
import type { Address, PaymentDetails } from "../../domain/payment/details.ts";
import type { ConnectorAccount, ProcessorCall, ProcessorRequest } from "../connector.ts";
import { unitsOf } from "./amount.ts";

export function opensPayment(call: ProcessorCall): boolean {
  return call.kind === "verify" || call.kind === "authorize" || call.kind === "charge";
}

/** Null where Checkout.com has no way to express the call; an authentication is only asked about. */
export function performRequest(call: ProcessorCall, account: ConnectorAccount): ProcessorRequest | null {
  const amount = unitsOf(call.amount, call.currency);
  const reference = call.key;
  switch (call.kind) {
    case "verify":
    case "authorize":
    case "charge":
      return amount === null ? null : post("/payments", paymentBody(call, amount, account), call.key, account);
    case "authenticate":
      return null;
    case "capture": {
      // `Final` gives back at once what is left of the authorisation.
      const capture = { amount, reference, capture_type: call.final ? "Final" : "NonFinal" };
      return amount === null ? null : post(`${pathOf(call)}/captures`, capture, call.key, account);
    }
    case "refund":
      return amount === null ? null : post(`${pathOf(call)}/refunds`, { amount, reference }, call.key, account);
    case "void":
      return post(`${pathOf(call)}/voids`, { reference }, call.key, account);
  }
}

/** A payment, as it is now. */
export function paymentRequest(id: string, account: ConnectorAccount): ProcessorRequest {
  return get(`/payments/${encodeURIComponent(id)}`, account);
}

/** What was done to a payment, each with our reference. */
export function actionsRequest(id: string, account: ConnectorAccount): ProcessorRequest {
  return get(`/payments/${encodeURIComponent(id)}/actions`, account);
}

/** Payments under our reference, the newest first. */
export function searchRequest(reference: string, account: ConnectorAccount): ProcessorRequest {
  return get(`/payments?limit=10&skip=0&reference=${encodeURIComponent(reference)}`, account);
}

function pathOf(call: ProcessorCall): string {
  return `/payments/${encodeURIComponent(call.attemptReference ?? "")}`;
}

function authorization(account: ConnectorAccount): Record<string, string> {
  return { authorization: `Bearer ${account.credentials["secretKey"] ?? ""}` };
}

function get(path: string, account: ConnectorAccount): ProcessorRequest {
  return { method: "GET", path, headers: authorization(account) };
}

function post(path: string, body: object, key: string, account: ConnectorAccount): ProcessorRequest {
  const headers = { "content-type": "application/json", "cko-idempotency-key": key, ...authorization(account) };
  return { method: "POST", path, headers, body: JSON.stringify(body) };
}

function paymentBody(call: ProcessorCall, amount: number, account: ConnectorAccount): object {
  const { details, returnUrl } = call;
  const { customer, connectionInformation, description, offSession, merchantReference } = details;
  return {
    source: source(call),
    amount,
    currency: call.currency.toUpperCase(),
    reference: call.key,
    processing_channel_id: account.credentials["processingChannelId"],
    ...(call.kind === "verify" ? {} : { capture: call.kind === "charge" }),
    success_url: returnUrl,
    failure_url: returnUrl,
    ...(description === undefined ? {} : { description: description.slice(0, 100) }),
    ...(offSession === true ? { merchant_initiated: true } : {}),
    ...(customer === undefined
      ? {}
      : { customer: { email: customer.email, name: `${customer.firstName} ${customer.lastName}`.slice(0, 255) } }),
    ...(connectionInformation === undefined ? {} : { payment_ip: connectionInformation.customerIp }),
    ...(details.shipping === undefined ? {} : { shipping: { address: address(details.shipping) } }),
    ...threeDs(details),
    metadata: { payment: call.paymentId, ...(merchantReference === undefined ? {} : { reference: merchantReference }) },
  };
}

/** Checkout.com's names where they differ from the common ones. */
const SOURCE_TYPES: Readonly<Record<string, string>> = { przelewy24: "p24", alipay: "alipay_cn" };

function source({ method, card, details }: ProcessorCall): object {
  const { billing, description } = details;
  if (method.type !== "card" || card === null) {
    const name = method.provider ?? method.type;
    const type = SOURCE_TYPES[name] ?? name;
    return type === "ideal"
      ? { type, description: (description ?? "Order").slice(0, 35) }
      : { type, ...payer(type, details) };
  }
  const { number, expiryMonth, expiryYear, cvc, holderName } = card.reveal();
  return {
    type: "card",
    number,
    expiry_month: expiryMonth,
    expiry_year: expiryYear,
    ...(cvc === null ? {} : { cvv: cvc }),
    ...(holderName === null ? {} : { name: holderName }),
    ...(billing === undefined ? {} : { billing_address: address(billing) }),
  };
}

/** Banks that want to know whose account it is. */
function payer(type: string, { customer, billing }: PaymentDetails): object {
  if (type !== "bancontact" && type !== "p24") return {};
  const name = customer === undefined ? {} : { account_holder_name: `${customer.firstName} ${customer.lastName}` };
  const email = type === "p24" && customer !== undefined ? { account_holder_email: customer.email } : {};
  return { ...name, ...email, payment_country: billing?.country ?? (type === "p24" ? "PL" : "BE") };
}

/**
 * Where the merchant leaves it to us there is none: every payment with 3DS sends the shopper to a page, also one that
 * the issuer would have let pass. An issuer that insists declines with 20154.
 */
function threeDs({ authentication }: PaymentDetails): object {
  const external = authentication?.external;
  if (external !== undefined) {
    const { eci, cavv: cryptogram, dsTransactionId: xid, version } = external;
    return { "3ds": { enabled: true, eci, cryptogram, xid, version } };
  }
  if (authentication?.threeDs !== "force") return {};
  return { "3ds": { enabled: true, challenge_indicator: "challenge_requested_mandate" } };
}

function address({ line1, line2, city, state, postalCode, country }: Address): object {
  return {
    ...(line1 === undefined ? {} : { address_line1: line1.slice(0, 200) }),
    ...(line2 === undefined ? {} : { address_line2: line2.slice(0, 200) }),
    ...(city === undefined ? {} : { city: city.slice(0, 50) }),
    ...(state === undefined ? {} : { state: state.slice(0, 50) }),
    ...(postalCode === undefined ? {} : { zip: postalCode.slice(0, 50) }),
    country,
  };
}
