/** Our call in Stripe's words. Pure. Typed by Stripe's own SDK, of which nothing is there at run time. */
import type Stripe from "stripe";
import type { Address } from "../../domain/payment/details.ts";
import type { ConnectorAccount, ProcessorCall, ProcessorRequest } from "../connector.ts";
import { encodeForm, type FormValue } from "./form.ts";

/** Pinned in every request, so that an account's own default version changes nothing for us. */
export const STRIPE_VERSION = "2026-08-26.dahlia";

export function headersOf(account: ConnectorAccount): Record<string, string> {
  return { authorization: `Bearer ${account.credentials["apiKey"] ?? ""}`, "stripe-version": STRIPE_VERSION };
}

export function get(account: ConnectorAccount, path: string): ProcessorRequest {
  return { method: "GET", path, headers: headersOf(account) };
}

/** `key` is Stripe's idempotency key: a repeat under it gets the first answer again. */
function post(account: ConnectorAccount, path: string, { key, form }: { key: string; form: object }): ProcessorRequest {
  const headers = {
    ...headersOf(account),
    "content-type": "application/x-www-form-urlencoded",
    "idempotency-key": key,
  };
  return { method: "POST", path, headers, body: encodeForm(form as Record<string, FormValue>) };
}

/** A card number goes nowhere but here. Null where the card is not at hand any more. */
export function paymentMethodRequest(call: ProcessorCall, account: ConnectorAccount): ProcessorRequest | null {
  if (call.card === null) return null;
  const { number, expiryMonth, expiryYear, cvc } = call.card.reveal();
  const form = {
    type: "card",
    card: { number, exp_month: expiryMonth, exp_year: expiryYear, ...(cvc === null ? {} : { cvc }) },
    billing_details: billingDetails(call),
  } satisfies Stripe.PaymentMethodCreateParams;
  return post(account, "/v1/payment_methods", { key: `${call.key}-pm`, form });
}

export interface MethodChoice {
  /** In Stripe's words. */
  type: string;
  /** `pm_…`, where the method was made before. */
  id: string | null;
}

/** Created and confirmed in one. `amount` in Stripe's units. */
export function paymentIntentRequest(
  call: ProcessorCall,
  account: ConnectorAccount,
  { method, amount }: { method: MethodChoice; amount: number },
): ProcessorRequest {
  const { details } = call;
  const shipping = shippingOf(call);
  const form = {
    amount,
    currency: call.currency,
    confirm: true,
    capture_method: call.attemptKind === "charge" ? "automatic" : "manual",
    ...methodForm(call, method),
    ...(method.type === "card" ? { payment_method_options: { card: cardOptions(call) } } : {}),
    return_url: call.returnUrl,
    metadata: metadataOf(call),
    ...(details.description === undefined ? {} : { description: details.description }),
    ...statementDescriptor(call, method),
    ...(shipping === null ? {} : { shipping }),
    ...usage(call),
    expand: ["latest_charge"],
  } satisfies Stripe.PaymentIntentCreateParams;
  return post(account, "/v1/payment_intents", { key: call.key, form });
}

/** A method is verified without money by a SetupIntent. */
export function setupIntentRequest(
  call: ProcessorCall,
  account: ConnectorAccount,
  method: MethodChoice,
): ProcessorRequest {
  const isForLater = call.details.setupFutureUsage === "off_session";
  const form = {
    confirm: true,
    usage: isForLater ? "off_session" : "on_session",
    ...methodForm(call, method),
    return_url: call.returnUrl,
    metadata: metadataOf(call),
    ...(call.details.description === undefined ? {} : { description: call.details.description }),
  } satisfies Stripe.SetupIntentCreateParams;
  return post(account, "/v1/setup_intents", { key: call.key, form });
}

/** Stripe releases what a final capture leaves; only an account with multicapture may keep it. */
export function captureRequest(call: ProcessorCall, account: ConnectorAccount, amount: number): ProcessorRequest {
  const staysOpen = call.details.captureMethod === "manual_multiple" && !call.final;
  const form = {
    amount_to_capture: amount,
    // The capture has no object of its own: its key stands on the intent, where a look-up finds it.
    metadata: { capture: call.key },
    ...(staysOpen ? { final_capture: false } : {}),
  } satisfies Stripe.PaymentIntentCaptureParams;
  return post(account, `${intentPath(call)}/capture`, { key: call.key, form });
}

export function cancelRequest(call: ProcessorCall, account: ConnectorAccount): ProcessorRequest {
  const form = { cancellation_reason: "requested_by_customer" } satisfies Stripe.PaymentIntentCancelParams;
  return post(account, `${intentPath(call)}/cancel`, { key: call.key, form });
}

export function refundRequest(call: ProcessorCall, account: ConnectorAccount, amount: number): ProcessorRequest {
  const form = {
    payment_intent: call.attemptReference ?? "",
    amount,
    metadata: { refund: call.key, payment: call.paymentId },
  } satisfies Stripe.RefundCreateParams;
  return post(account, "/v1/refunds", { key: call.key, form });
}

/** With the charge, which says until when a hold lasts. */
export function retrievePath(call: ProcessorCall): string {
  return call.attemptKind === "verify" ? intentPath(call) : `${intentPath(call)}?expand[]=latest_charge`;
}

/** Of the attempt, by Stripe's id of it. */
function intentPath(call: ProcessorCall): string {
  const kind = call.attemptKind === "verify" ? "setup_intents" : "payment_intents";
  return `/v1/${kind}/${encodeURIComponent(call.attemptReference ?? "")}`;
}

/** Our ids have no character that means anything in Stripe's query language. */
export function searchPath(call: ProcessorCall): string {
  // Setup intents cannot be searched: the newest are looked through.
  if (call.attemptKind === "verify") return "/v1/setup_intents?limit=100";
  return `/v1/payment_intents/search?limit=10&query=${encodeURIComponent(`metadata["attempt"]:"${call.attemptId}"`)}`;
}

export function refundsPath(call: ProcessorCall): string {
  if (call.reference !== null) return `/v1/refunds/${encodeURIComponent(call.reference)}`;
  return `/v1/refunds?limit=100&payment_intent=${encodeURIComponent(call.attemptReference ?? "")}`;
}

function metadataOf({ attemptId, paymentId, details }: ProcessorCall) {
  const { merchantReference } = details;
  return {
    attempt: attemptId,
    payment: paymentId,
    ...(merchantReference === undefined ? {} : { reference: merchantReference }),
  };
}

function methodForm(call: ProcessorCall, { type, id }: MethodChoice) {
  if (id !== null) return { payment_method_types: [type], payment_method: id };
  const method = { type, billing_details: billingDetails(call) };
  return { payment_method_types: [type], payment_method_data: method };
}

function cardOptions({ details }: ProcessorCall) {
  const { authentication, captureMethod } = details;
  const { threeDs, external } = authentication ?? {};
  return {
    request_three_d_secure: threeDs === "force" ? ("any" as const) : ("automatic" as const),
    ...(captureMethod === "manual_multiple" ? { request_multicapture: "if_available" as const } : {}),
    ...(external === undefined
      ? {}
      : {
          three_d_secure: {
            cryptogram: external.cavv,
            transaction_id: external.dsTransactionId,
            version: external.version,
            electronic_commerce_indicator: external.eci,
          },
        }),
  };
}

/** For a card only the part after the account's own prefix can be chosen. */
function statementDescriptor({ details: { statementDescriptor: text } }: ProcessorCall, { type }: MethodChoice) {
  if (text === undefined) return {};
  return type === "card" ? { statement_descriptor_suffix: text } : { statement_descriptor: text };
}

function usage({ details: { offSession, setupFutureUsage } }: ProcessorCall) {
  if (offSession === true) return { off_session: true };
  return setupFutureUsage === undefined ? {} : { setup_future_usage: setupFutureUsage };
}

function billingDetails({ details, card }: ProcessorCall) {
  const { customer, billing } = details;
  const holder = card?.reveal().holderName ?? null;
  const name = holder ?? nameOf(customer);
  return {
    ...(name === null ? {} : { name }),
    ...(customer === undefined ? {} : { email: customer.email }),
    ...(customer?.phone === undefined ? {} : { phone: customer.phone }),
    ...(billing === undefined ? {} : { address: addressOf(billing) }),
  };
}

/** Stripe wants a name with an address to ship to. */
function shippingOf({ details: { customer, shipping } }: ProcessorCall) {
  const name = nameOf(customer);
  return shipping === undefined || name === null ? null : { name, address: addressOf(shipping) };
}

function nameOf(customer: ProcessorCall["details"]["customer"]): string | null {
  return customer === undefined ? null : `${customer.firstName} ${customer.lastName}`;
}

function addressOf({ line1, line2, city, state, postalCode, country }: Address) {
  return {
    ...(line1 === undefined ? {} : { line1 }),
    ...(line2 === undefined ? {} : { line2 }),
    ...(city === undefined ? {} : { city }),
    ...(state === undefined ? {} : { state }),
    ...(postalCode === undefined ? {} : { postal_code: postalCode }),
    country,
  };
}
