import type { PaymentStatus } from "../rejection.ts";

/** What a merchant may do in which status. The one table: the code runs on it, docs and tests are made from it. */
export const OPERATIONS = {
  update: {
    allowed: ["requires_payment_method", "requires_confirmation"],
    effect: "changes what the merchant said; `metadata` and `description` in every status",
  },
  confirm: {
    allowed: ["requires_payment_method", "requires_confirmation"],
    effect: "screens, routes and asks a processor for the money",
  },
  capture: {
    allowed: ["requires_capture", "partially_captured_and_capturable"],
    effect: "takes what is held, or a part of it",
  },
  cancel: {
    allowed: [
      "requires_payment_method",
      "requires_confirmation",
      "requires_customer_action",
      "requires_merchant_action",
      "requires_capture",
      "partially_captured_and_capturable",
    ],
    effect: "gives back what is held and ends the payment",
  },
  approve: { allowed: ["requires_merchant_action"], effect: "lets a payment under review go on" },
  reject: { allowed: ["requires_merchant_action"], effect: "gives back what is held; the payment has failed" },
  refund: { allowed: ["succeeded", "partially_captured"], effect: "gives back what was captured, or a part of it" },
} as const satisfies Record<string, { allowed: readonly PaymentStatus[]; effect: string }>;

export type Operation = keyof typeof OPERATIONS;

/** Fields that `update` may change in every status. */
export const ALWAYS_UPDATABLE: readonly string[] = ["metadata", "description"];

export const TERMINAL_STATUSES: readonly PaymentStatus[] = [
  "succeeded",
  "partially_captured",
  "failed",
  "cancelled",
  "expired",
];

export function isAllowed(operation: Operation, status: PaymentStatus): boolean {
  return (OPERATIONS[operation].allowed as readonly PaymentStatus[]).includes(status);
}
