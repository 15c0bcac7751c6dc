import type { CallKind, ConnectorAccount, ProcessorCall } from "../../src/connectors/connector.ts";
import { childId, paymentId } from "../../src/domain/ids.ts";
import { CardSecret } from "../../src/vault/card.ts";

let counter = 0;

/** A payment that no other test has: objects outlive a test's own storage checks only by name. */
export function freshPaymentId(): string {
  counter += 1;
  const identity = new Uint8Array(15);
  new DataView(identity.buffer).setUint32(0, counter);
  return paymentId(0, identity);
}

export function cardOf(number: string): CardSecret {
  const view = {
    brand: "visa",
    last4: number.slice(-4),
    first6: number.slice(0, 6),
    expiryMonth: 12,
    expiryYear: 2034,
    funding: "credit" as const,
  };
  return new CardSecret({ number, expiryMonth: 12, expiryYear: 2034, cvc: "123", holderName: "John Doe" }, view);
}

/** The first operation of a payment: `card` is a number, or null for the method `bank_redirect`. */
export function openingCall(
  kind: "verify" | "authorize" | "charge",
  card: string | null,
  changes: Partial<ProcessorCall> = {},
): ProcessorCall {
  const payment = changes.paymentId ?? freshPaymentId();
  const attemptId = childId("att", payment, 1);
  const amount = changes.amount ?? (kind === "verify" ? 0 : 1000);
  const currency = changes.currency ?? "gbp";
  return {
    kind,
    key: attemptId,
    paymentId: payment,
    attemptId,
    attemptKind: kind,
    attemptReference: null,
    reference: null,
    amount,
    currency,
    final: false,
    capturedBefore: 0,
    isRepeat: false,
    captureReference: null,
    method: card === null ? { type: "bank_redirect", provider: "ideal" } : { type: "card", provider: null },
    card: card === null ? null : cardOf(card),
    details: { amount, currency, captureMethod: kind === "charge" ? "automatic" : "manual" },
    returnUrl: `https://pay.example/return/${attemptId}`,
    challengeUrl: null,
    returned: {},
    ...changes,
  };
}

let operations = 0;

/** A later operation on what `opening` made. */
export function followingCall(
  opening: ProcessorCall,
  kind: CallKind,
  changes: Partial<ProcessorCall> & { attemptReference: string | null },
): ProcessorCall {
  operations = (operations % 999) + 1;
  return { ...opening, kind, key: followingKey(opening, kind, operations), card: null, ...changes };
}

/** As the payment names it: messages of a processor are read back by these. */
function followingKey({ paymentId: payment, attemptId }: ProcessorCall, kind: CallKind, n: number): string {
  if (kind === "refund") return childId("re", payment, n);
  if (kind === "capture" || kind === "void") return `${attemptId}-${kind === "void" ? "v" : "c"}${n}`;
  return `op_${n}_${payment.slice(-8)}`;
}

export function sandboxAccount(changes: Partial<ConnectorAccount> = {}): ConnectorAccount {
  return {
    id: "ca_000000000000000000000001",
    merchantId: "mer_00000000000000000000000a",
    mode: "test",
    label: "sandbox",
    connector: "sandbox",
    credentials: {},
    settings: {},
    ...changes,
  };
}
