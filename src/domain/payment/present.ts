import type { PaymentStatus } from "../rejection.ts";
import type { ProcessorError } from "../outcome.ts";
import { capturableAmount, capturedAmount, currentAttempt, refundedAmount } from "./amounts.ts";
import type { Attempt, PaymentState, Refund } from "./state.ts";
import { statusOf } from "./status.ts";

/** The payment as every answer, event and list shows it. Key order is part of it: equal states give equal bytes. */
export function present(state: PaymentState, clientSecret: string) {
  const { details, method } = state;
  const attempt = currentAttempt(state);
  return {
    id: state.id,
    amount: details.amount,
    amountReceived: capturedAmount(state),
    created: isoTime(state.created),
    currency: details.currency,
    status: statusOf(state),
    nextAction: nextAction(state),
    connector: attempt?.account.label ?? "",
    captureMethod: details.captureMethod,
    paymentMethod: method?.type ?? "",
    paymentMethodType: method?.paymentMethodType ?? "",
    metadata: details.metadata ?? {},
    amountCapturable: capturableAmount(state),
    amountRefunded: refundedAmount(state),
    version: state.version,
    livemode: state.owner.mode === "live",
    clientSecret,
    customer: details.customer ?? {},
    lastError: state.lastError,
    attempts: state.attempts.map((each) => presentAttempt(state, each)),
    updated: isoTime(state.updated),
    ...given("paymentMethodDetails", method?.card === undefined ? undefined : { card: method.card }),
    ...given("paymentMethodId", method?.id ?? state.savedMethod ?? undefined),
    ...given("description", details.description),
    ...given("statementDescriptor", details.statementDescriptor),
    ...given("merchantReference", details.merchantReference),
    ...given("returnUrl", details.returnUrl),
    ...given("billing", details.billing),
    ...given("shipping", details.shipping),
    ...given("authentication", details.authentication),
    ...given("setupFutureUsage", details.setupFutureUsage),
    ...given("offSession", details.offSession),
  };
}

export type PresentedPayment = ReturnType<typeof present>;

function given<K extends string, V>(name: K, value: V | undefined): { [name in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [name in K]?: V });
}

function nextAction(state: PaymentState): { type?: "redirect"; url?: string } {
  const url = currentAttempt(state)?.url ?? null;
  const isWanted = url !== null && statusOf(state) === "requires_customer_action";
  return isWanted ? { type: "redirect", url } : {};
}

interface PresentedAttempt {
  id: string;
  connector: string;
  status: string;
  amount: number;
  error: ProcessorError | null;
  created: string;
}

function presentAttempt(state: PaymentState, attempt: Attempt): PresentedAttempt {
  const isCharged = attempt.status === "authorized" && capturedAmount(state) >= attempt.amount;
  return {
    id: attempt.id,
    connector: attempt.account.label,
    status: isCharged ? "charged" : attempt.status,
    amount: attempt.amount,
    error: attempt.error,
    created: isoTime(attempt.created),
  };
}

/** `sent` is ours alone: to the merchant a refund whose outcome is not known yet is pending. */
export function presentRefund(state: PaymentState, refund: Refund) {
  return {
    id: refund.id,
    paymentId: state.id,
    amount: refund.amount,
    currency: state.details.currency,
    status: refund.status === "sent" ? ("pending" as const) : refund.status,
    reason: refund.reason,
    errorMessage: refund.error?.message ?? null,
    createdAt: isoTime(refund.created),
    metadata: refund.metadata,
  };
}

/** The public name of a transition: what a webhook about it is called. */
export function eventType(kind: string, from: PaymentStatus | null, to: PaymentStatus): string {
  const refund = REFUND_EVENTS[kind];
  if (refund !== undefined) return refund;
  return from === to ? "payment.updated" : `payment.${to}`;
}

const REFUND_EVENTS: Record<string, string> = {
  refundStarted: "payment.updated",
  refundPending: "refund.pending",
  refundSucceeded: "refund.succeeded",
  refundFailed: "refund.failed",
  refundInReview: "refund.review",
};

/** ISO 8601 in UTC with milliseconds. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}
