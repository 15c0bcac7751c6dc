import type { PaymentDetails, PaymentMethodView } from "../payment/details.ts";

/** Absent is undefined; a payment with several cart items can have several types. */
export type FieldValue = string | number | readonly string[] | undefined;

export interface Field {
  type: "number" | "text";
  /** Compared in any letter case. */
  caseless?: true;
  /** All that it can be, where that is known. */
  values?: readonly string[];
  /** Whether a payment always has it. */
  always?: true;
  /** It can hold several values. */
  several?: true;
  maxLength?: number;
}

/** What rules can look at, besides `metadata.<key>`. */
export const FIELDS: Readonly<Record<string, Field>> = {
  amount: { type: "number", always: true },
  currency: { type: "text", caseless: true, always: true },
  captureMethod: { type: "text", caseless: true, always: true, values: ["automatic", "manual", "manual_multiple"] },
  paymentMethod: {
    type: "text",
    caseless: true,
    always: true,
    values: ["card", "wallet", "bank_redirect", "pay_later", "bank_transfer"],
  },
  paymentMethodType: { type: "text", caseless: true, always: true },
  "card.brand": { type: "text", caseless: true },
  "card.funding": { type: "text", caseless: true, values: ["credit", "debit", "prepaid", "unknown"] },
  "card.country": { type: "text", caseless: true },
  "card.bin": { type: "text", maxLength: 6 },
  "customer.email": { type: "text", caseless: true },
  "billing.country": { type: "text", caseless: true },
  "shipping.country": { type: "text", caseless: true },
  "cart.type": { type: "text", caseless: true, values: ["tangible", "non_tangible"], several: true },
};

const METADATA = "metadata.";
const METADATA_FIELD: Field = { type: "text" };

/** Undefined for a name that is no field. */
export function fieldNamed(name: string): Field | undefined {
  if (name.startsWith(METADATA) && name.length > METADATA.length) return METADATA_FIELD;
  return Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
}

/**
 * The field of this payment, as rules see it. `card.country` needs a table of issuers that there is none of: it is
 * always absent. `card.bin` is the first six digits, all that is kept of a number.
 */
export function readField(name: string, details: PaymentDetails, method: PaymentMethodView): FieldValue {
  switch (name) {
    case "amount":
      return details.amount;
    case "currency":
      return details.currency;
    case "captureMethod":
      return details.captureMethod;
    case "paymentMethod":
      return method.type;
    case "paymentMethodType":
      return method.paymentMethodType;
    case "card.brand":
      return method.card?.brand;
    case "card.funding":
      return method.card?.funding;
    case "card.bin":
      return method.card?.first6;
    case "customer.email":
      return details.customer?.email;
    case "billing.country":
      return details.billing?.country;
    case "shipping.country":
      return details.shipping?.country;
    case "cart.type": {
      const types = [...new Set(details.cartItems?.map(({ type }) => type))];
      return types.length === 0 ? undefined : types;
    }
    default:
      return name.startsWith(METADATA) ? details.metadata?.[name.slice(METADATA.length)] : undefined;
  }
}
