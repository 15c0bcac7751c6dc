import type { PaymentDetails, PaymentMethodView } from "./details.ts";
import type { PaymentState } from "./state.ts";

/** Whether the card is to be kept for its customer, if it is approved. */
export function isToBeSaved({ setupFutureUsage, customer }: PaymentDetails, method: PaymentMethodView): boolean {
  const isNewCard = method.card !== undefined && method.id === undefined;
  return isNewCard && setupFutureUsage !== undefined && customer !== undefined;
}

/** Whether these changes would leave the payment with a saved method that is another customer's. */
export function strandsSavedMethod(state: PaymentState, changes: Partial<PaymentDetails>): boolean {
  const { customer } = changes;
  return state.method?.id !== undefined && customer !== undefined && customer.id !== state.details.customer?.id;
}
