/** What a merchant said about a payment, validated and in canonical form. Never holds a card number or CVC. */
import type { Mode } from "../mode.ts";

export type CaptureMethod = "automatic" | "manual" | "manual_multiple";

/** Members beyond those named are kept and passed on to fraud providers. */
export interface Open {
  [member: string]: unknown;
}

export interface Customer extends Open {
  /** `cus_…`, always present in what we hold. */
  id: string;
  email: string;
  firstName: string;
  lastName: string;
  phone?: string;
}

export interface Address {
  line1?: string;
  line2?: string;
  city?: string;
  state?: string;
  postalCode?: string;
  /** ISO 3166-1 alpha-2, upper case. */
  country: string;
}

export interface CartItem extends Open {
  name: string;
  /** Unit price, minor units. */
  price: number;
  quantity: number;
  type: "TANGIBLE" | "NON_TANGIBLE";
}

/** The result of a 3DS run elsewhere, passed through to the processor. */
export interface ExternalAuthentication {
  eci: string;
  cavv: string;
  dsTransactionId: string;
  version: string;
}

export interface PaymentDetails {
  /** Minor units. */
  amount: number;
  /** ISO 4217, lower case. */
  currency: string;
  captureMethod: CaptureMethod;
  connectionInformation?: Open & { customerIp: string };
  browserInfo?: Open & { userAgent: string };
  cartItems?: CartItem[];
  primaryDeliveryDetails?: Open & { deliveryMethod: string; deliveryType: "PHYSICAL" | "DIGITAL" | "HYBRID" };
  customer?: Customer;
  billing?: Address;
  shipping?: Address;
  metadata?: Record<string, string>;
  description?: string;
  statementDescriptor?: string;
  merchantReference?: string;
  returnUrl?: string;
  authentication?: { threeDs?: "automatic" | "force" | "skip"; external?: ExternalAuthentication };
  setupFutureUsage?: "off_session" | "on_session";
  offSession?: boolean;
  /** A connector account's id or label: skips routing rules, not eligibility. */
  connector?: string;
}

/** The method in the form that answers show. */
export interface PaymentMethodView {
  type: "card" | "wallet" | "bank_redirect" | "pay_later" | "bank_transfer";
  /** `credit`, `debit`, `prepaid`, or the provider's name: `paypal`, `ideal`, … */
  paymentMethodType: string;
  card?: CardView;
  provider?: string;
  /** `pm_…` where a saved method is used. */
  id?: string;
}

export interface CardView {
  brand: string;
  last4: string;
  first6: string;
  expiryMonth: number;
  expiryYear: number;
  funding: "credit" | "debit" | "prepaid" | "unknown";
  /** Keyed hash of the number: equal for equal cards within a merchant, useless without the key. */
  fingerprint: string;
}

/** Whose payment it is. Comes only from a credential, never from input. */
export interface Owner {
  merchantId: string;
  mode: Mode;
}
