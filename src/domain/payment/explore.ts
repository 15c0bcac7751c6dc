/** Every transition that the state machine can make, found by making them: what docs and tests show is what runs. */
import type { Outcome, ProcessorError } from "../outcome.ts";
import type { PaymentStatus } from "../rejection.ts";
import { type ActionCommand, decideAction } from "./decide/action.ts";
import { voidStarted } from "./decide/cancel.ts";
import type { Preparation } from "./decide/confirm.ts";
import { decideCreate } from "./decide/create.ts";
import type { CaptureMethod, PaymentMethodView } from "./details.ts";
import type { PaymentEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import { observe } from "./observe.ts";
import { nextExpiryAt } from "./schedule.ts";
import type { PaymentState } from "./state.ts";
import { statusOf } from "./status.ts";

export interface Transition {
  /** Null: the creation. */
  from: PaymentStatus | null;
  to: PaymentStatus;
  /** What makes it: an operation of the merchant, a word of the processor, the shopper, or time. */
  cause: string;
}

const ID = `pay_${"0".repeat(26)}`;
const METHOD: PaymentMethodView = { type: "wallet", paymentMethodType: "paypal", provider: "paypal" };
const ACCOUNT = { id: "ca_a", label: "a", processor: "a", releasesRest: false };
const CAPTURE_METHODS: readonly CaptureMethod[] = ["automatic", "manual", "manual_multiple"];

export function exploreTransitions(): Transition[] {
  const found = new Map<string, Transition>();
  const seen = new Set<string>();
  const queue: PaymentState[] = [];
  const reach = (before: PaymentState | null, events: readonly PaymentEvent[], cause: string) => {
    const after = fold(before, events);
    const transition = { from: before === null ? null : statusOf(before), to: statusOf(after), cause };
    if (transition.from !== transition.to) found.set(Object.values(transition).join(), transition);
    const shape = shapeOf(after);
    if (!seen.has(shape)) queue.push(after);
    seen.add(shape);
  };
  for (const captureMethod of CAPTURE_METHODS) for (const start of starts(captureMethod)) reach(null, start, "create");
  for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
    for (const { events, cause } of steps(state)) reach(state, events, cause);
  }
  return [...found.values()];
}

function fold(state: PaymentState | null, events: readonly PaymentEvent[]): PaymentState {
  const folded = events.reduce<PaymentState | null>((before, event) => evolve(before, event, ID, 0), state);
  if (folded === null) throw new Error("nothing to fold");
  return folded;
}

/** States of one shape have the same transitions; refunds are told apart only by whether there are any. */
function shapeOf(state: PaymentState): string {
  const { details, method, attempts, captures, refunds, owed, review, ended, conflict } = state;
  const purpose = owed?.kind === "void" ? owed.purpose : null;
  const parts = [details.captureMethod, method !== null, attempts.at(-1)?.status, owed?.kind, purpose, review, ended];
  const money = captures.map(({ amount, status, final }) => [amount, status, final]);
  return JSON.stringify([...parts, conflict !== null, money, refunds.at(-1)?.status ?? null]);
}

function starts(captureMethod: CaptureMethod): PaymentEvent[][] {
  const wishes = [
    { method: null, confirm: false },
    { method: METHOD, confirm: false },
    { method: METHOD, confirm: true },
  ];
  return [false, true].flatMap((review) =>
    wishes.map(({ method, confirm }) => {
      const owner = { merchantId: "mer", mode: "test" as const };
      const details = { amount: 3, currency: "gbp", captureMethod };
      const preparation = confirm ? preparationFor(review) : null;
      const decision = decideCreate({ id: ID, owner, details, method, preparation });
      return decision.ok ? decision.events : [];
    }),
  );
}

function preparationFor(review: boolean): Preparation {
  const plan = { rule: "", candidates: [ACCOUNT], excluded: [], maxAttempts: 1 };
  return { plan, screening: { decision: review ? "review" : "allow", reasons: [] }, origin: "" };
}

const ACTIONS: readonly ActionCommand[] = [
  { type: "update", changes: {}, method: { view: METHOD } },
  { type: "confirm", changes: {}, method: { view: METHOD } },
  { type: "capture", amount: null, final: null },
  { type: "capture", amount: 1, final: null },
  { type: "capture", amount: 1, final: true },
  { type: "cancel", reason: null },
  { type: "approve" },
  { type: "reject" },
  { type: "refund", amount: null, reason: null, metadata: {} },
];

const ERROR: ProcessorError = {
  code: "",
  message: "",
  declineCode: null,
  category: "lost_or_stolen",
  retryable: false,
  connectorCode: null,
  connectorMessage: null,
};

function steps(state: PaymentState): { events: PaymentEvent[]; cause: string }[] {
  const taken: { events: PaymentEvent[]; cause: string }[] = [];
  for (const action of ACTIONS) {
    const decision = decideAction(state, action, { preparation: preparationFor(false) });
    if (decision.ok && state.captures.length < 3) taken.push({ events: decision.events, cause: action.type });
  }
  for (const outcome of outcomes(state)) {
    const cause = `${WORDS[outcome.kind] ?? outcome.kind}`;
    taken.push({ events: observe(state, state.owed?.key ?? "", outcome, 0), cause });
  }
  const attempt = state.attempts.at(-1);
  if (attempt?.status === "authentication_pending" && state.owed === null && attempt.returns < 2) {
    const returned: PaymentEvent = { kind: "authenticationStarted", attemptId: attempt.id, returned: {} };
    taken.push({ events: [returned], cause: "shopper returns" });
  }
  if (nextExpiryAt(state) !== null && state.owed === null) taken.push({ events: [expiry(state)], cause: "time" });
  return taken.filter(({ events }) => events.length > 0);
}

const WORDS: Partial<Record<Outcome["kind"], string>> = {
  challenge: "challenged",
  not_found: "never arrived",
  conflicted: "contradicted",
};

function outcomes(state: PaymentState): Outcome[] {
  const { owed } = state;
  if (owed === null) return [];
  const amount = "amount" in owed ? owed.amount : (state.attempts.at(-1)?.amount ?? 0);
  return [
    { kind: "approved", reference: "r", amount, currency: state.details.currency },
    { kind: "declined", error: ERROR },
    { kind: "pending", reference: "r" },
    { kind: "challenge", reference: "r", url: "https://bank.example" },
    { kind: "not_found", conclusive: true },
    { kind: "conflicted", reason: "r" },
  ];
}

function expiry(state: PaymentState): PaymentEvent {
  if (statusOf(state) === "requires_customer_action") return voidStarted(state, "expire", null);
  return { kind: "expired", what: "authorization" };
}
