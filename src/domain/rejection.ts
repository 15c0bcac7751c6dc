/** Our own "no". A value, so that it crosses Durable Object RPC, where the class of a thrown error does not survive. */
export interface Rejection {
  code: RejectionCode;
  /** One sentence for the merchant's developer; names fields, never card data. */
  message: string;
  param?: string;
  issues?: Issue[];
  /** For `payment_state_invalid`: the payment's status, and those that the operation would fit. */
  status?: PaymentStatus;
  allowed?: readonly PaymentStatus[];
  retryAfterSeconds?: number;
}

export interface Issue {
  /** As in `cartItems[0].quantity`; a header's name for a header. */
  path: string;
  code: string;
  message: string;
}

/** Exactly the codes of the contract's table; `http/errors.ts` gives each its HTTP status. */
export type RejectionCode =
  | "parameter_missing"
  | "parameter_invalid"
  | "parameter_unknown"
  | "json_invalid"
  | "amount_too_large"
  | "no_eligible_connector"
  | "unauthorized"
  | "scope_missing"
  | "raw_card_disabled"
  | "not_found"
  | "method_not_allowed"
  | "body_too_large"
  | "content_type_unsupported"
  | "payment_state_invalid"
  | "operation_in_progress"
  | "idempotency_key_reused"
  | "rate_limited"
  | "internal"
  | "unavailable";

export const PAYMENT_STATUSES = [
  "requires_payment_method",
  "requires_confirmation",
  "requires_customer_action",
  "requires_merchant_action",
  "processing",
  "requires_capture",
  "partially_captured_and_capturable",
  "partially_captured",
  "succeeded",
  "failed",
  "cancelled",
  "expired",
  "conflicted",
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];
