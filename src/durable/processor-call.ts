import type { CallKind, ProcessorCall } from "../connectors/connector.ts";
import type { Attempt, PaymentState, Refund } from "../domain/payment/state.ts";
import type { CardSecret } from "../vault/card.ts";
import type { NewCall, Verb } from "./calls.ts";
import type { HeldPayment } from "./payment-log.ts";

/** An operation of ours that a processor is asked to do or asked about. */
export interface Operation {
  kind: CallKind;
  key: string;
  attemptId: string;
  amount: number;
  final: boolean;
  reference: string | null;
}

/** The operation that is owed. */
export function owedOperation(state: PaymentState): Operation | null {
  const { owed } = state;
  if (owed === null) return null;
  const { key, attemptId } = owed;
  const attempt = state.attempts.find((candidate) => candidate.id === attemptId);
  const base = { key, attemptId, final: false, reference: null };
  switch (owed.kind) {
    case "attempt":
      return { ...base, kind: attempt?.kind ?? "charge", amount: attempt?.amount ?? 0 };
    case "authenticate":
      return { ...base, kind: "authenticate", amount: attempt?.amount ?? 0 };
    case "capture":
      return { ...base, kind: "capture", amount: owed.amount, final: owed.final };
    case "void":
    case "refund":
      return { ...base, kind: owed.kind, amount: owed.amount };
  }
}

/** The attempt whose account an operation goes through. */
export function attemptOf(state: PaymentState, { attemptId, key }: Operation): Attempt {
  const attempt = state.attempts.find((candidate) => candidate.id === attemptId);
  if (attempt === undefined) throw new Error(`${key} belongs to no attempt of ${state.id}`);
  return attempt;
}

/** The journal's row of a call that is about to be made. */
export function journalEntry({ number, state }: HeldPayment, operation: Operation, verb: Verb): NewCall {
  const { kind, key, amount } = operation;
  return { payment: number, operation: kind, verb, key, accountId: attemptOf(state, operation).account.id, amount };
}

/** What a sync may ask about where no call is owed: the attempt itself, and refunds that are pending. */
export function openOperations(state: PaymentState): Operation[] {
  const attempt = state.attempts.at(-1);
  if (attempt === undefined) return [];
  const base = { attemptId: attempt.id, final: false };
  const { id: key, kind, amount, reference } = attempt;
  const refunds = state.refunds.filter((refund) => refund.status === "pending" || refund.status === "review");
  return [
    { ...base, kind, key, amount, reference },
    ...refunds.map((refund) => ({ ...base, ...refundOperation(refund) })),
  ];
}

function refundOperation({ id: key, amount, reference }: Refund) {
  return { kind: "refund" as const, key, amount, reference };
}

export function processorCall(
  state: PaymentState,
  operation: Operation,
  { card, returnUrl, isRepeat }: { card: CardSecret | null; returnUrl: string; isRepeat: boolean },
): ProcessorCall {
  const attempt = attemptOf(state, operation);
  const capture = state.captures.findLast((candidate) => candidate.status === "succeeded");
  return {
    kind: operation.kind,
    key: operation.key,
    paymentId: state.id,
    attemptId: attempt.id,
    attemptKind: attempt.kind,
    attemptReference: attempt.reference,
    reference: operation.reference,
    amount: operation.amount,
    currency: state.details.currency,
    final: operation.final,
    capturedBefore: capturedBefore(state, operation),
    isRepeat,
    captureReference: capture?.reference ?? null,
    method: { type: state.method?.type ?? "card", provider: state.method?.provider ?? null },
    card,
    details: state.details,
    returnUrl,
    challengeUrl: attempt.url,
    returned: state.owed?.kind === "authenticate" ? state.owed.returned : {},
  };
}

function capturedBefore({ captures }: PaymentState, { key, attemptId }: Operation): number {
  const earlier = captures.filter((capture) => capture.attemptId === attemptId && capture.key !== key);
  return earlier.reduce((sum, { status, amount }) => sum + (status === "succeeded" ? amount : 0), 0);
}
