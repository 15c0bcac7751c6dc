/** Payments in every status, made the way real ones are: by commands and outcomes. Pure, so it runs anywhere. */
import type { Outcome, ProcessorError } from "../../src/domain/outcome.ts";
import { type ActionCommand, decideAction } from "../../src/domain/payment/decide/action.ts";
import type { Preparation } from "../../src/domain/payment/decide/confirm.ts";
import { decideCreate } from "../../src/domain/payment/decide/create.ts";
import type { PaymentDetails, PaymentMethodView } from "../../src/domain/payment/details.ts";
import type { AccountRef, PaymentEvent } from "../../src/domain/payment/events.ts";
import { evolve } from "../../src/domain/payment/evolve.ts";
import { observe } from "../../src/domain/payment/observe.ts";
import type { PaymentState } from "../../src/domain/payment/state.ts";
import type { PaymentStatus } from "../../src/domain/rejection.ts";

export const ID = `pay_${"0".repeat(26)}`;
export const T0 = Date.UTC(2026, 0, 1);

export const CARD: PaymentMethodView = {
  type: "card",
  paymentMethodType: "credit",
  card: {
    brand: "visa",
    last4: "4242",
    first6: "424242",
    expiryMonth: 12,
    expiryYear: 2030,
    funding: "credit",
    fingerprint: "fp",
  },
};

export const DETAILS: PaymentDetails = { amount: 1000, currency: "gbp", captureMethod: "automatic" };

export function account(label: string): AccountRef {
  return { id: `ca_${label}`, label, processor: "sandbox", releasesRest: false };
}

export function preparation(options: { review?: boolean; labels?: string[] } = {}): Preparation {
  const { review = false, labels = ["sandbox"] } = options;
  return {
    plan: { rule: "test", candidates: labels.map(account), excluded: [], maxAttempts: 3 },
    screening: { decision: review ? "review" : "allow", reasons: [] },
    origin: "https://switchyard.example",
  };
}

export interface CreateWish extends Partial<PaymentDetails> {
  confirm?: boolean;
  method?: PaymentMethodView | null;
  review?: boolean;
  labels?: string[];
}

export function created(wish: CreateWish = {}): PaymentState {
  const { confirm = true, method = CARD, review, labels, ...details } = wish;
  const options = { ...(review === undefined ? {} : { review }), ...(labels === undefined ? {} : { labels }) };
  const decision = decideCreate({
    id: ID,
    owner: { merchantId: "mer_test", mode: "test" },
    details: { ...DETAILS, ...details },
    method,
    preparation: confirm && method !== null ? preparation(options) : null,
  });
  if (!decision.ok) throw new Error(decision.rejection.message);
  return fold(null, decision.events);
}

export function fold(state: PaymentState | null, events: readonly PaymentEvent[], at = T0): PaymentState {
  const folded = events.reduce<PaymentState | null>((before, event) => evolve(before, event, ID, at), state);
  if (folded === null) throw new Error("nothing to fold");
  return folded;
}

export function acted(state: PaymentState, action: ActionCommand): PaymentState {
  const decision = decideAction(state, action, { preparation: preparation() });
  if (!decision.ok) throw new Error(`${decision.rejection.code}: ${decision.rejection.message}`);
  return fold(state, decision.events);
}

/** What the processor says about the call that is owed. */
export function answered(state: PaymentState, outcome: Outcome, at = T0): PaymentState {
  return fold(state, observe(state, state.owed?.key ?? "", outcome, at), at);
}

export function approved(
  state: PaymentState,
  change: Partial<Extract<Outcome, { kind: "approved" }>> = {},
): PaymentState {
  const owed = state.owed;
  const amount = owed !== null && "amount" in owed ? owed.amount : (state.attempts.at(-1)?.amount ?? 0);
  return answered(state, { kind: "approved", reference: "ref", amount, currency: state.details.currency, ...change });
}

export function declined(state: PaymentState, category: ProcessorError["category"] = "lost_or_stolen"): PaymentState {
  return answered(state, { kind: "declined", error: processorError(category) });
}

export function challenged(state: PaymentState): PaymentState {
  return answered(state, { kind: "challenge", reference: "ref", url: "https://bank.example/challenge" });
}

export function processorError(category: ProcessorError["category"]): ProcessorError {
  const message = `The card was declined: ${category}.`;
  const nothing = { declineCode: null, connectorCode: null, connectorMessage: null };
  return { code: "card_declined", message, category, retryable: false, ...nothing };
}

const CAPTURE = { type: "capture", final: null } as const;

/** One payment for each status of the contract, nothing owed except where the status says so. */
export const IN_STATUS: Record<PaymentStatus, () => PaymentState> = {
  requires_payment_method: () => created({ method: null }),
  requires_confirmation: () => created({ confirm: false }),
  requires_customer_action: () => challenged(created()),
  requires_merchant_action: () => approved(created({ review: true })),
  processing: () => created(),
  requires_capture: () => approved(created({ captureMethod: "manual" })),
  partially_captured_and_capturable: () =>
    approved(acted(approved(created({ captureMethod: "manual_multiple" })), { ...CAPTURE, amount: 400 })),
  partially_captured: () =>
    approved(approved(acted(approved(created({ captureMethod: "manual" })), { ...CAPTURE, amount: 400 }))),
  succeeded: () => approved(created()),
  failed: () => declined(created()),
  cancelled: () => acted(created({ confirm: false }), { type: "cancel", reason: null }),
  expired: () => fold(created({ confirm: false }), [{ kind: "expired", what: "confirmation" }]),
  conflicted: () => approved(created(), { amount: 999 }),
};
