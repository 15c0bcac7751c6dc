/** What a publishable key sees of a payment: enough to finish a checkout, nothing about the customer or the routing. */
import type { PresentedPayment } from "../domain/payment/present.ts";
import type { Rejection } from "../domain/rejection.ts";
import { plainRejection } from "./errors.ts";

/** From the payment's full text to that of its public fields. */
export function writePublicPayment(body: string): string {
  const payment = JSON.parse(body) as PresentedPayment;
  const { id, amount, currency, status, nextAction, paymentMethod, paymentMethodType, lastError } = payment;
  const { created, livemode, captureMethod } = payment;
  return JSON.stringify({
    id,
    amount,
    currency,
    status,
    nextAction,
    paymentMethod,
    paymentMethodType,
    lastError:
      lastError === null
        ? null
        : { code: lastError.code, message: lastError.message, declineCode: lastError.declineCode },
    created,
    livemode,
    captureMethod,
  });
}

/** Why a connector was left out is the merchant's business, and an unknown payment looks like a wrong client secret. */
export function toPublicRejection(rejection: Rejection): Rejection {
  const { code } = rejection;
  return code === "no_eligible_connector" || code === "not_found" ? plainRejection(code) : rejection;
}
