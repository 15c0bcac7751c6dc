/**
 * What a payment should do, written from the API's documentation and not from the code: amounts, a status, and at most
 * one operation whose outcome nobody knows yet. Predicts the answer to every command of a client who waits for each.
 */
import type { CardName } from "../sim/cards.ts";

export type CaptureMethod = "automatic" | "manual" | "manual_multiple";
/** Of the first request that a command leads to: answered, executed in silence, lost, or a definite error. */
export type ModelFate = "ok" | "silent" | "lost" | "error";

type Void = "cancel" | "reject";
type Unknown = { executed: boolean } & (
  | { op: "attempt" }
  | { op: "capture"; amount: number; final: boolean }
  | { op: "void"; purpose: Void }
  | { op: "refund"; amount: number }
);

/** What a command is answered: a refusal's code, or nothing to complain about. */
export type Predicted = { refused: string } | { refund: "pending" | "succeeded" | "failed" } | { refused: null };
const FINE: Predicted = { refused: null };
const refused = (code: string): Predicted => ({ refused: code });

const DAY_MS = 86_400_000;

export class PaymentModel {
  status = "none";
  amount = 0;
  capture: CaptureMethod = "automatic";
  card: CardName | null = null;
  captured = 0;
  refunded = 0;
  pending: number[] = [];
  attempts = 0;
  unknown: Unknown | null = null;
  challenge: "open" | "approved" | "rejected" | null = null;
  /** ms since 1970; null: it does not run out. */
  expires: number | null = null;
  now = 0;
  returns = 0;
  readonly accounts: number;

  constructor(accounts: number) {
    this.accounts = accounts;
  }

  get capturable(): number {
    return this.status === "requires_capture" || this.status === "partially_captured_and_capturable"
      ? this.amount - this.captured
      : 0;
  }

  create(
    wish: { amount: number; capture: CaptureMethod; card: CardName | null; confirm: boolean },
    fate: ModelFate,
  ): Predicted {
    this.amount = wish.amount;
    this.capture = wish.capture;
    this.card = wish.card;
    this.#wait();
    this.expires = this.now + DAY_MS;
    if (wish.confirm && wish.card !== null) this.#attempt(fate);
    return FINE;
  }

  update(change: { card: CardName | null; amount: number | null }): Predicted {
    const isHarmless = change.card === null && change.amount === null;
    if (!isHarmless && !this.#isUnconfirmed()) return refused("payment_state_invalid");
    if (isHarmless) return FINE;
    this.card = change.card ?? this.card;
    this.amount = change.amount ?? this.amount;
    this.#wait();
    return FINE;
  }

  confirm(card: CardName | null, fate: ModelFate): Predicted {
    const refusal = this.#refuse(this.#isUnconfirmed());
    if (refusal !== null) return refusal;
    if (card === null && this.card === null) return refused("parameter_missing");
    this.card = card ?? this.card;
    this.#attempt(fate);
    return FINE;
  }

  take(wish: { amount: number | null; final: boolean }, fate: ModelFate): Predicted {
    const refusal = this.#refuse(this.capturable > 0);
    if (refusal !== null) return refusal;
    const amount = wish.amount ?? this.capturable;
    if (amount > this.capturable) return refused("amount_too_large");
    const final = this.capture !== "manual_multiple" || wish.final || amount === this.capturable;
    return this.#takeNow(amount, final, fate);
  }

  cancel(fate: ModelFate): Predicted {
    const isHeld =
      this.capturable > 0 || this.status === "requires_merchant_action" || this.status === "requires_customer_action";
    const refusal = this.#refuse(isHeld || this.#isUnconfirmed());
    if (refusal !== null) return refusal;
    if (!isHeld) return this.#end("cancelled");
    return this.#void("cancel", fate);
  }

  review(approves: boolean, fate: ModelFate): Predicted {
    const refusal = this.#refuse(this.status === "requires_merchant_action");
    if (refusal !== null) return refusal;
    if (!approves) return this.#void("reject", fate);
    this.status = "requires_capture";
    return this.capture === "automatic" ? this.#takeNow(this.amount, true, fate) : FINE;
  }

  refund(wish: number | null, fate: ModelFate): Predicted {
    const refusal = this.#refuse(this.status === "succeeded" || this.status === "partially_captured");
    if (refusal !== null) return refusal;
    const left = this.captured - this.refunded - this.pending.reduce((sum, each) => sum + each, 0);
    if (wish === null ? left === 0 : wish > left) return refused("amount_too_large");
    const amount = wish ?? left;
    if (fate === "error") return { refund: "failed" };
    if (fate !== "ok") {
      this.unknown = { op: "refund", executed: fate === "silent", amount };
      return { refund: "pending" };
    }
    return { refund: this.#refunded(amount) };
  }

  /** The processor is asked. */
  sync(): Predicted {
    if (this.unknown !== null) this.#resolve();
    this.settlePending();
    this.#answerChallenge();
    return FINE;
  }

  /** The processor settles pending refunds when it likes, and not all at once. */
  settleSome(refunded: number): void {
    const settled = subset(this.pending, refunded - this.refunded);
    if (settled === null) return;
    for (const amount of settled) this.pending.splice(this.pending.indexOf(amount), 1);
    this.refunded = refunded;
  }

  settlePending(): void {
    this.refunded += this.pending.reduce((sum, each) => sum + each, 0);
    this.pending = [];
  }

  /** At the processor, where the challenge is open whether we know of it or not. */
  shopper(approves: boolean): void {
    const { unknown } = this;
    const isUnheard =
      unknown?.op === "attempt" && unknown.executed && this.card === "challenged" && this.challenge === null;
    const isShown =
      this.challenge === "open" && (this.status === "requires_customer_action" || unknown?.executed === false);
    if (isUnheard || isShown) this.challenge = approves ? "approved" : "rejected";
  }

  /** The shopper is back, and the processor is asked what happened; a challenge still open gets its time again. */
  returned(): void {
    if (this.status !== "requires_customer_action" || this.unknown !== null) return;
    if (this.challenge !== "open") this.#answerChallenge();
    else if (this.returns++ < 10) this.expires = this.now + 15 * 60_000;
  }

  /** The processor's messages about everything that it executed: of what is settled they change nothing. */
  told(): void {
    const { unknown } = this;
    const isSilent =
      unknown?.op === "attempt" && (this.card === "errs" || (this.card === "challenged" && this.challenge === null));
    if (unknown?.executed === true && !isSilent) this.#resolve();
    else if (unknown === null) this.#answerChallenge();
  }

  /** Time passes, and every alarm with it. */
  wait(until: number): void {
    const passed = until - this.now;
    if (passed > 5_000) for (let n = 0; n < this.accounts && this.unknown !== null; n++) this.#resolve();
    while (this.unknown === null && this.expires !== null && until >= this.expires) {
      this.now = this.expires;
      // The shopper may have finished without our hearing of it: the processor is asked first.
      if (this.status === "requires_customer_action" && this.challenge !== "open") this.#answerChallenge();
      else this.#end("expired");
    }
    this.now = until;
  }

  #isUnconfirmed(): boolean {
    return this.status === "requires_payment_method" || this.status === "requires_confirmation";
  }

  #refuse(isAllowed: boolean): Predicted | null {
    if (this.unknown !== null) return refused("operation_in_progress");
    return isAllowed ? null : refused("payment_state_invalid");
  }

  #wait(): void {
    this.status = this.card === null ? "requires_payment_method" : "requires_confirmation";
  }

  #end(status: string): Predicted {
    this.status = this.captured > 0 ? "partially_captured" : status;
    this.expires = null;
    return FINE;
  }

  #attempt(fate: ModelFate): void {
    this.attempts++;
    this.challenge = null;
    this.expires = null;
    this.status = "processing";
    if (fate === "error") this.#nextAttempt();
    else if (fate === "ok") this.#attempted();
    else this.unknown = { op: "attempt", executed: fate === "silent" };
  }

  #nextAttempt(): void {
    if (this.attempts < this.accounts) this.#attempt("ok");
    else this.#end("failed");
  }

  /** The processor has decided on the card. */
  #attempted(): void {
    const { card, amount } = this;
    if (card === "declines") this.#end("failed");
    else if (card === "errs" || (card === "insufficient_funds" && this.attempts === 1)) this.#nextAttempt();
    else if (card === "challenged" && this.challenge === "rejected") this.#end("failed");
    else if (card === "challenged" && this.challenge !== "approved") {
      this.status = "requires_customer_action";
      this.challenge = "open";
      this.expires = this.now + 15 * 60_000;
    } else if (amount === 0) this.#end("succeeded");
    else if (card === "reviewed") this.#hold("requires_merchant_action");
    else if (this.capture === "automatic") {
      this.captured = amount;
      this.status = "succeeded";
      this.expires = null;
    } else this.#hold("requires_capture");
  }

  #hold(status: string): void {
    this.status = status;
    this.expires = this.now + 7 * DAY_MS;
  }

  #answerChallenge(): void {
    if (this.status === "requires_customer_action" && this.challenge !== "open") this.#attempted();
  }

  #takeNow(amount: number, final: boolean, fate: ModelFate): Predicted {
    if (fate === "ok") this.#taken(amount, final);
    else if (fate !== "error") {
      this.unknown = { op: "capture", executed: fate === "silent", amount, final };
      this.status = "processing";
    }
    return FINE;
  }

  #taken(amount: number, final: boolean): void {
    this.captured += amount;
    const isAll = this.captured === this.amount;
    this.status = isAll ? "succeeded" : final ? "partially_captured" : "partially_captured_and_capturable";
    if (isAll || final) this.expires = null;
  }

  #void(purpose: Void, fate: ModelFate): Predicted {
    if (fate === "ok") this.#voided(purpose);
    else if (fate !== "error") {
      this.unknown = { op: "void", executed: fate === "silent", purpose };
      this.#statusBefore = this.status;
      this.status = "processing";
    }
    return FINE;
  }

  #statusBefore = "";

  #voided(purpose: Void): void {
    if (this.card === "void_refused" || this.challenge === "rejected") return;
    // The shopper was quicker: what is taken already cannot be voided.
    if (this.challenge === "approved" && (this.capture === "automatic" || this.amount === 0)) return;
    this.#end(purpose === "reject" ? "failed" : "cancelled");
  }

  #refunded(amount: number): "pending" | "succeeded" | "failed" {
    if (this.card === "refund_fails") return "failed";
    if (this.card === "refund_waits") {
      this.pending.push(amount);
      return "pending";
    }
    this.refunded += amount;
    return "succeeded";
  }

  /** The first question after a silence is conclusive. */
  #resolve(): void {
    const { unknown } = this;
    this.unknown = null;
    if (unknown === null) return;
    if (unknown.op === "attempt") return unknown.executed ? this.#attempted() : this.#nextAttempt();
    if (unknown.op === "refund") return void (unknown.executed && this.#refunded(unknown.amount));
    if (unknown.op === "capture") {
      this.status = this.captured > 0 ? "partially_captured_and_capturable" : "requires_capture";
      return void (unknown.executed && this.#taken(unknown.amount, unknown.final));
    }
    this.status = this.#statusBefore;
    if (unknown.executed) this.#voided(unknown.purpose);
  }
}

/** Some of `parts` that add up to `sum`; null: none do. */
function subset(parts: readonly number[], sum: number): number[] | null {
  if (sum === 0) return [];
  const [first, ...rest] = parts;
  if (first === undefined || sum < 0) return null;
  const withFirst = subset(rest, sum - first);
  return withFirst === null ? subset(rest, sum) : [first, ...withFirst];
}
