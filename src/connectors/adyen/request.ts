/** Our call in the words of Adyen's Checkout API v72. Pure. */
import type { Address, PaymentDetails } from "../../domain/payment/details.ts";
import type { ConnectorAccount, ProcessorCall, ProcessorRequest } from "../connector.ts";
import { amountOf, type WireAmount } from "./amount.ts";

const VERSION = "/v72";

/** Adyen's own names where they differ from the common ones ("Payment method variants" in its documentation). */
const METHOD_TYPES: Readonly<Record<string, string>> = {
  sofort: "directEbanking",
  afterpay: "afterpaytouch",
  wechatpay: "wechatpayWeb",
  grabpay: "grabpay_SG",
  sepa: "bankTransfer_IBAN",
  iban: "bankTransfer_IBAN",
};

export function opensPayment(call: ProcessorCall): boolean {
  return call.kind === "verify" || call.kind === "authorize" || call.kind === "charge";
}

/** Null where Adyen has no way to express the call. Every path but the first needs the attempt's `pspReference`. */
export function performRequest(call: ProcessorCall, account: ConnectorAccount): ProcessorRequest | null {
  const { merchantAccount = "" } = account.credentials;
  const amount = amountOf(call.amount, call.currency);
  const following = { merchantAccount, reference: call.key };
  const of = `/payments/${encodeURIComponent(call.attemptReference ?? "")}`;
  switch (call.kind) {
    case "verify":
    case "authorize":
    case "charge":
      return amount === null
        ? null
        : post("/payments", paymentBody(call, { merchantAccount, amount }), call.key, account);
    case "authenticate": {
      // A key of its own: under the payment's, Adyen would repeat what it answered to the payment.
      const details = completionDetails(call.returned);
      return details === null ? null : post("/payments/details", { details }, `${call.key}-auth`, account);
    }
    case "capture":
      return amount === null ? null : post(`${of}/captures`, { ...following, amount }, call.key, account);
    case "refund":
      return amount === null ? null : post(`${of}/refunds`, { ...following, amount }, call.key, account);
    case "void":
      return isKnownByKeyOnly(call)
        ? post("/cancels", { ...following, paymentReference: call.attemptId }, call.key, account)
        : post(`${of}/cancels`, following, call.key, account);
  }
}

/** A redirect is not always given a `pspReference`; such a payment is cancelled by the reference that we gave it. */
export function isKnownByKeyOnly(call: ProcessorCall): boolean {
  return call.attemptReference === null || call.attemptReference === call.attemptId;
}

/** What Adyen put into the return address; null where the shopper brought nothing of it. */
export function completionDetails(
  returned: Record<string, string>,
): { redirectResult: string } | { payload: string } | null {
  const { redirectResult, payload } = returned;
  if (redirectResult !== undefined && redirectResult !== "") return { redirectResult };
  return payload !== undefined && payload !== "" ? { payload } : null;
}

function post(path: string, body: object, key: string, account: ConnectorAccount): ProcessorRequest {
  return {
    method: "POST",
    path: VERSION + path,
    headers: {
      "content-type": "application/json",
      "x-api-key": account.credentials["apiKey"] ?? "",
      "idempotency-key": key,
    },
    body: JSON.stringify(body),
  };
}

function paymentBody(call: ProcessorCall, given: { merchantAccount: string; amount: WireAmount }): object {
  const { details } = call;
  return {
    ...given,
    reference: call.key,
    returnUrl: call.returnUrl,
    paymentMethod: paymentMethod(call),
    channel: "Web",
    shopperInteraction: details.offSession === true ? "ContAuth" : "Ecommerce",
    ...captureWish(call),
    ...authentication(details),
    ...shopper(call),
    ...addresses(details),
    ...(call.method.type === "pay_later" ? { lineItems: lineItems(call, given.amount.value) } : {}),
  };
}

/** Lenders want to see what is bought, and that it adds up; where the cart does not, the order is one line. */
function lineItems({ details }: ProcessorCall, total: number): object[] {
  const lines = (details.cartItems ?? []).map(({ name, price, quantity }) => ({
    description: name.slice(0, 100),
    quantity,
    amountIncludingTax: price,
  }));
  const sum = lines.reduce((all, { quantity, amountIncludingTax }) => all + quantity * amountIncludingTax, 0);
  return sum === total ? lines : [{ description: "Order", quantity: 1, amountIncludingTax: total }];
}

function paymentMethod({ method, card, details }: ProcessorCall): object {
  if (method.type !== "card" || card === null) {
    const name = method.provider ?? method.type;
    const { email: shopperEmail = "", phone: telephoneNumber = "" } = details.customer ?? {};
    // These two are confirmed on the shopper's telephone.
    const phone = name === "mbway" ? { shopperEmail, telephoneNumber } : name === "vipps" ? { telephoneNumber } : {};
    return { type: METHOD_TYPES[name] ?? name, ...phone };
  }
  const { number, expiryMonth, expiryYear, cvc, holderName } = card.reveal();
  return {
    type: "scheme",
    number,
    expiryMonth: String(expiryMonth).padStart(2, "0"),
    expiryYear: String(expiryYear),
    ...(cvc === null ? {} : { cvc }),
    ...(holderName === null ? {} : { holderName }),
  };
}

/** Said with each payment, so that it does not depend on how the merchant account is set up. */
function captureWish({ kind }: ProcessorCall): object {
  if (kind === "authorize") return { additionalData: { manualCapture: "true" } };
  return kind === "charge" ? { captureDelayHours: 0 } : {};
}

/** Authenticated fully, or only tried, in the schemes' electronic commerce indicators. */
const DIRECTORY_RESPONSES: Readonly<Record<string, "Y" | "A">> = { "05": "Y", "02": "Y", "06": "A", "01": "A" };

function authentication({ authentication: wish, offSession }: PaymentDetails): object {
  const external = wish?.external;
  if (external !== undefined) {
    const { eci, cavv, dsTransactionId: dsTransID, version: threeDSVersion } = external;
    const directoryResponse = DIRECTORY_RESPONSES[eci.padStart(2, "0")] ?? "U";
    return { mpiData: { eci, cavv, dsTransID, threeDSVersion, directoryResponse } };
  }
  const attempt =
    wish?.threeDs === "force" ? "always" : wish?.threeDs === "skip" || offSession === true ? "never" : null;
  return {
    authenticationData: {
      ...(attempt === null ? {} : { attemptAuthentication: attempt }),
      // A page that we send the shopper to; native 3DS would need Adyen's library in the shop.
      threeDSRequestData: { nativeThreeDS: "disabled" },
    },
  };
}

function shopper({ details, returnUrl }: ProcessorCall): object {
  const { customer, connectionInformation, statementDescriptor, billing } = details;
  const origin = new URL(returnUrl).origin;
  const browserInfo = fullBrowserInfo(details);
  return {
    ...(origin.length <= 80 ? { origin } : {}),
    ...(browserInfo === null ? {} : { browserInfo }),
    ...(connectionInformation === undefined ? {} : { shopperIP: connectionInformation.customerIp }),
    ...(statementDescriptor === undefined ? {} : { shopperStatement: statementDescriptor }),
    ...(billing === undefined ? {} : { countryCode: billing.country }),
    ...(customer === undefined
      ? {}
      : {
          shopperEmail: customer.email.slice(0, 256),
          shopperReference: customer.id,
          shopperName: { firstName: customer.firstName.slice(0, 80), lastName: customer.lastName.slice(0, 80) },
        }),
  };
}

/** Adyen takes all eight members or none: half of them would be refused. */
function fullBrowserInfo({ browserInfo: info }: PaymentDetails): object | null {
  if (info === undefined) return null;
  const { userAgent, acceptHeader, language, colorDepth, screenHeight, screenWidth, timeZoneOffset, javaEnabled } =
    info;
  const browser = {
    userAgent,
    acceptHeader,
    language,
    colorDepth,
    screenHeight,
    screenWidth,
    timeZoneOffset,
    javaEnabled,
  };
  if (Object.values(browser).some((value) => value === undefined)) return null;
  const { javaScriptEnabled } = info;
  return typeof javaScriptEnabled === "boolean" ? { ...browser, javaScriptEnabled } : browser;
}

function addresses({ billing, shipping }: PaymentDetails): object {
  return {
    ...(billing === undefined ? {} : { billingAddress: address(billing) }),
    ...(shipping === undefined ? {} : { deliveryAddress: address(shipping) }),
  };
}

/** Adyen wants each of these; `ZZ` and `N/A` are its own words for what is not known. */
function address({ line1, line2, city, state, postalCode, country }: Address): object {
  return {
    street: line1 ?? "N/A",
    houseNumberOrName: line2 ?? "N/A",
    city: city ?? "N/A",
    postalCode: (postalCode ?? "N/A").slice(0, 10),
    ...(state !== undefined && state.length <= 3 ? { stateOrProvince: state } : {}),
    country,
  };
}
