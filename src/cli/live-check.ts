/** The happy and the sad paths of a connector against a processor that is not ours. Moves test money only. */
// oxlint-disable-next-line no-restricted-imports -- what is checked is the Worker's own connector
import type { CallContext, CallKind, Connector, ConnectorAccount, ProcessorCall } from "../connectors/connector.ts";
// oxlint-disable-next-line no-restricted-imports -- as above
import type { LiveCheck } from "../connectors/live-check.ts";
import { childId, paymentId } from "../domain/ids.ts";
import type { Outcome } from "../domain/outcome.ts";
// oxlint-disable-next-line no-restricted-imports -- as above
import { CardSecret } from "../vault/card.ts";

export interface Step {
  name: string;
  isOk: boolean;
  /** What the connector made of it. */
  found: string;
}

export interface Trial {
  connector: Connector;
  account: ConnectorAccount;
  check: LiveCheck;
  send: CallContext["send"];
  /** How often, and how long apart, a lost payment is looked for where the processor's index lags behind. */
  patience: { tries: number; everyMs: number };
}

const AMOUNT = 1000;

/** Every step is made, whatever became of those before. */
export async function runLiveCheck(trial: Trial): Promise<Step[]> {
  const { connector, check } = trial;
  const { capabilities } = connector;
  const { approved, declined, challenged } = check.cards;
  const steps: Step[] = [];
  const note = (name: string, outcome: Outcome, isOk: boolean) => steps.push({ name, isOk, found: describe(outcome) });

  const charge = newCall(trial, "charge", approved);
  const charged = await perform(trial, charge);
  note("a good card is charged", charged, isApproved(charged, charge));
  const again = await perform(trial, { ...charge, isRepeat: true });
  note(
    "the same call again changes nothing",
    again,
    isApproved(again, charge) && referenceOf(again) === referenceOf(charged),
  );
  const found = await findLost(trial, charge);
  note(
    "a charge whose answer was lost is found",
    found,
    isApproved(found, charge) || capabilities.recovery.lookup === "none",
  );

  const refund = follow(charge, charged, "refund", { key: childId("re", charge.paymentId, 1), amount: 400 });
  const refunded = await perform(trial, refund);
  note("part of it is refunded", refunded, isApproved(refunded, refund) || refunded.kind === "pending");
  const asked = await lookup(trial, { ...refund, reference: referenceOf(refunded) });
  note("the refund is found", asked, ["approved", "pending"].includes(asked.kind));

  const held = newCall(trial, "authorize", approved);
  const hold = await perform(trial, held);
  note("a good card is held", hold, isApproved(hold, held));
  const capture = follow(held, hold, "capture", { key: `${held.attemptId}-c1`, amount: 600, final: true });
  const captured = await perform(trial, capture);
  note("part of the hold is captured", captured, isApproved(captured, capture) || captured.kind === "pending");

  const other = newCall(trial, "authorize", approved);
  const otherHold = await perform(trial, other);
  const voided = await perform(trial, follow(other, otherHold, "void", { key: `${other.attemptId}-v1` }));
  note("a hold is released", voided, voided.kind === "approved" || voided.kind === "pending");

  const refused = await perform(trial, newCall(trial, "charge", declined));
  note("a bad card is declined", refused, refused.kind === "declined");
  if (challenged !== null) {
    const challenge = await perform(trial, newCall(trial, "charge", challenged));
    note("a card that wants its owner leads to a page", challenge, challenge.kind === "challenge");
  }
  if (capabilities.zeroAmount) {
    const verified = await perform(trial, newCall(trial, "verify", approved));
    note("a card is verified without money", verified, verified.kind === "approved");
  }
  const absent = await lookup(trial, newCall(trial, "charge", approved));
  note("a payment that was never made is not found", absent, absent.kind === "not_found");
  const wrong = Object.fromEntries(Object.keys(trial.account.credentials).map((name) => [name, "wrong"]));
  const locked = await perform(
    { ...trial, account: { ...trial.account, credentials: wrong } },
    newCall(trial, "charge", approved),
  );
  note("wrong credentials charge nobody", locked, locked.kind === "failed" || locked.kind === "unknown");
  return steps;
}

function perform(trial: Trial, call: ProcessorCall): Promise<Outcome> {
  return trial.connector.perform(call, contextOf(trial));
}

function lookup(trial: Trial, call: ProcessorCall): Promise<Outcome> {
  return trial.connector.lookup(call, contextOf(trial), { conclude: false });
}

async function findLost(trial: Trial, call: ProcessorCall): Promise<Outcome> {
  for (let tries = 1; ; tries++) {
    const outcome = await lookup(trial, call);
    if (outcome.kind !== "not_found" || tries >= trial.patience.tries) return outcome;
    await new Promise((resolve) => setTimeout(resolve, trial.patience.everyMs));
  }
}

function contextOf({ account, send }: Trial): CallContext {
  return { account, send, now: Date.now() };
}

function isApproved(outcome: Outcome, { amount, currency }: ProcessorCall): boolean {
  return outcome.kind === "approved" && outcome.amount === amount && outcome.currency === currency;
}

function referenceOf(outcome: Outcome): string | null {
  return "reference" in outcome ? (outcome.reference ?? null) : null;
}

function describe(outcome: Outcome): string {
  if ("error" in outcome)
    return `${outcome.kind}: ${outcome.error.connectorCode ?? outcome.error.code} (${outcome.error.connectorMessage ?? outcome.error.message})`;
  if ("reason" in outcome) return `${outcome.kind}: ${outcome.reason}`;
  return "reference" in outcome ? `${outcome.kind} ${outcome.reference}` : outcome.kind;
}

function newCall({ check }: Trial, kind: "verify" | "authorize" | "charge", number: string): ProcessorCall {
  const payment = paymentId(0, crypto.getRandomValues(new Uint8Array(15)));
  const attemptId = childId("att", payment, 1);
  const amount = kind === "verify" ? 0 : AMOUNT;
  const { currency } = check;
  const expiryYear = new Date().getUTCFullYear() + 3;
  const view = {
    brand: "visa",
    last4: number.slice(-4),
    first6: number.slice(0, 6),
    expiryMonth: 12,
    expiryYear,
    funding: "credit" as const,
  };
  return {
    ...{
      kind,
      key: attemptId,
      paymentId: payment,
      attemptId,
      attemptKind: kind,
      attemptReference: null,
      reference: null,
    },
    ...{ amount, currency, final: false, capturedBefore: 0, isRepeat: false, captureReference: null },
    method: { type: "card", provider: null },
    card: new CardSecret({ number, expiryMonth: 12, expiryYear, cvc: "123", holderName: "Test Holder" }, view),
    details: {
      ...{ amount, currency, captureMethod: kind === "authorize" ? "manual" : "automatic" },
      customer: {
        id: "cus_000000000000000000000000",
        email: "test@example.com",
        firstName: "Test",
        lastName: "Holder",
      },
      connectionInformation: { customerIp: "192.0.2.1" },
      browserInfo: { userAgent: "Mozilla/5.0" },
    },
    returnUrl: "https://example.com/return",
    challengeUrl: null,
    returned: {},
  };
}

function follow(
  opening: ProcessorCall,
  opened: Outcome,
  kind: CallKind,
  changes: Partial<ProcessorCall>,
): ProcessorCall {
  return {
    ...opening,
    kind,
    card: null,
    attemptReference: referenceOf(opened),
    captureReference: referenceOf(opened),
    ...changes,
  };
}
