import type { PaymentDetails } from "./details.ts";
import type { PaymentState } from "./state.ts";

/**
 * The id under which this payment's card is kept for its customer; null where nothing is to be kept. The payment's own
 * 120 bits name it: one payment keeps one method at most, and whoever computes the id, however often, gets the same.
 */
export function methodToSave({ id, details, method }: Pick<PaymentState, "id" | "details" | "method">): string | null {
  const isAsked = details.setupFutureUsage !== undefined && details.customer !== undefined;
  const isNewCard = method?.card !== undefined && method.id === undefined;
  return isAsked && isNewCard ? `pm_${id.slice("pay_00".length)}` : null;
}

/** Whether these changes would leave the payment with a saved method that is another customer's. */
export function strandsSavedMethod(state: PaymentState, changes: Partial<PaymentDetails>): boolean {
  const { customer } = changes;
  return state.method?.id !== undefined && customer !== undefined && customer.id !== state.details.customer?.id;
}
