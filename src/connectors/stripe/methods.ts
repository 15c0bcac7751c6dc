/** Which of Stripe's payment methods a merchant's `{ type, provider }` means. */
import type Stripe from "stripe";

type StripeMethod = Stripe.PaymentMethodCreateParams.Type;

/** Methods that redirect the customer and tell the result at once or soon after. */
const BY_TYPE: Readonly<Record<string, readonly StripeMethod[]>> = {
  wallet: ["paypal", "alipay", "amazon_pay", "revolut_pay", "cashapp", "mobilepay", "grabpay"],
  bank_redirect: ["ideal", "bancontact", "eps", "p24", "fpx", "twint"],
  pay_later: ["klarna", "affirm", "afterpay_clearpay", "alma", "billie", "zip"],
};

export const STRIPE_METHODS: readonly string[] = ["card", ...Object.keys(BY_TYPE)];

/** Null where Stripe has no such method. */
export function stripeMethod({ type, provider }: { type: string; provider: string | null }): StripeMethod | null {
  if (type === "card") return "card";
  const methods = Object.hasOwn(BY_TYPE, type) ? (BY_TYPE[type] ?? []) : [];
  return methods.find((method) => method === provider?.toLowerCase()) ?? null;
}
