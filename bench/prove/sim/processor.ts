/**
 * A processor with its own books, and the network to it. It knows nothing of our code: it executes what arrives, keeps
 * what it did, and answers what stands in its books. Messages may be lost or late in either direction.
 */
import type { CallKind, Capabilities, Connector, ProcessorCall } from "../../../src/connectors/connector.ts";
import type { Outcome, ProcessorError } from "../../../src/domain/outcome.ts";
import { TRAITS, type Trait } from "./cards.ts";

/** How much the processor helps: whether it removes duplicates, and whether it can be asked. */
export type ProcessorKind = "full" | "bare" | "eventual" | "blind";
export const PROCESSOR_KINDS: readonly ProcessorKind[] = ["full", "bare", "eventual", "blind"];

const RECOVERY: Record<ProcessorKind, Capabilities["recovery"]> = {
  full: { lookup: "conclusive", replayWindowHours: 24, cancelByKey: false, webhook: true },
  /** No idempotency keys: what arrives twice is done twice. */
  bare: { lookup: "conclusive", replayWindowHours: 0, cancelByKey: false, webhook: true },
  eventual: { lookup: "eventual", replayWindowHours: 24, cancelByKey: false, webhook: true },
  blind: { lookup: "none", replayWindowHours: 24, cancelByKey: false, webhook: true },
};

export const TIMEOUT_MS = 3_000;

/** One line of the books. */
export interface Effect {
  key: string;
  kind: Exclude<CallKind, "authenticate">;
  account: string;
  attempt: string;
  amount: number;
  state: "ok" | "no" | "error" | "asks" | "waits" | "withdrawn";
  trait: Trait;
  at: number;
  reference: string;
  currency: string;
}

/** What happens to one request. */
export type Fate = "ok" | "late" | "lost" | "silent" | "error";

export interface NetworkPorts {
  now: () => number;
  random: () => number;
  /** Holds what leaves us until everything written before is durable. */
  gate: (send: () => void) => void;
  /** To the processor: a crash of ours does not stop it. */
  travel: (label: string, delayMs: number, run: () => void) => void;
  /** The way back to the instance that asks now, if it still lives by then; what it returns calls it off. */
  wayBack: () => (label: string, delayMs: number, run: () => void) => () => void;
  /** The next request's fate. */
  fate: () => Fate;
  /** Called as a request leaves us: proves that its intent is durable. */
  onLeave: (call: ProcessorCall, verb: "perform" | "lookup") => void;
  /** Called as the instance learns what came of it, if it learns anything. */
  onBack: (call: ProcessorCall) => void;
  /** A settled outcome that the processor will also tell by a message. */
  onFact: (fact: Fact) => void;
}

/** What became of one operation. */
export interface Fact {
  account: string;
  paymentId: string;
  key: string;
  outcome: Outcome;
}

export class SimProcessor {
  readonly #ports: NetworkPorts;
  books: Effect[] = [];
  /** By account. */
  readonly kinds = new Map<string, ProcessorKind>();
  #references = 0;

  constructor(ports: NetworkPorts) {
    this.#ports = ports;
  }

  connector(kind: ProcessorKind): Connector {
    return {
      name: kind,
      baseUrl: () => "https://processor.invalid",
      capabilities: {
        currencies: "*",
        methods: ["card"],
        captureMethods: ["automatic", "manual", "manual_multiple"],
        multipleCapture: true,
        partialCapture: true,
        releasesRest: false,
        void: true,
        refund: true,
        partialRefund: true,
        threeDs: true,
        zeroAmount: true,
        recovery: RECOVERY[kind],
      },
      timeoutMs: TIMEOUT_MS,
      credentials: { required: [], optional: [] },
      perform: (call, { account }) => this.#exchange(call, "perform", () => this.#execute(call, account.id)),
      lookup: (call, { account }, { conclude }) =>
        this.#exchange(call, "lookup", () => this.#inquire(call, account.id, conclude)),
    };
  }

  /** The shopper answers the open challenge of an attempt, at the processor. */
  answerChallenge(attempt: string, approves: boolean, paymentId: string): void {
    const effect = this.books.findLast((each) => each.attempt === attempt && each.state === "asks");
    if (effect === undefined) return;
    effect.state = approves ? "ok" : "no";
    effect.at = this.#ports.now();
    this.#ports.onFact({ account: effect.account, paymentId, key: effect.key, outcome: this.#outcome(effect) });
  }

  /** Settles refunds that wait, as the processor's own clock does. */
  ripen(): void {
    for (const effect of this.books) {
      if (effect.state === "waits" && this.#ports.now() >= effect.at + 3_000) effect.state = "ok";
    }
  }

  #exchange(call: ProcessorCall, verb: "perform" | "lookup", work: () => Outcome): Promise<Outcome> {
    const ports = this.#ports;
    return new Promise((settle) => {
      ports.gate(() => {
        ports.onLeave(call, verb);
        let stopWaiting = () => {};
        const resolve = (outcome: Outcome) => {
          stopWaiting();
          ports.onBack(call);
          settle(outcome);
        };
        const label = `${verb} ${call.kind} ${call.key.slice(-4)}`;
        const fate = ports.fate();
        const deliver = ports.wayBack();
        const there = fate === "late" ? TIMEOUT_MS + ports.random() * 10_000 : 1 + ports.random() * 20;
        if (fate !== "lost") {
          ports.travel(`${label} arrives`, there, () => {
            const outcome = fate === "error" ? failed(verb) : work();
            if (fate === "ok" || fate === "error")
              deliver(`${label} answered`, 1 + ports.random() * 20, () => resolve(outcome));
          });
        }
        const giveUp = () => resolve({ kind: "unknown", reason: "timed out" });
        stopWaiting = deliver(`${label} times out`, TIMEOUT_MS, giveUp);
      });
    });
  }

  #execute(call: ProcessorCall, account: string): Outcome {
    const kind = this.kinds.get(account) ?? "full";
    const known = this.books.find((effect) => effect.key === call.key && effect.account === account);
    if (known?.state === "withdrawn")
      return { kind: "failed", error: errorOf("key_withdrawn", "processor_unavailable") };
    if (call.kind === "authenticate") {
      const root = this.#root(call, account);
      return root === undefined ? { kind: "unknown", reason: "no such attempt" } : this.#outcome(root);
    }
    if (known !== undefined && kind !== "bare") return this.#outcome(known);
    const effect = this.#book(call, call.kind, account);
    this.books.push(effect);
    const outcome = this.#outcome(effect);
    if (effect.state !== "asks" && effect.state !== "error")
      this.#ports.onFact({ account, paymentId: call.paymentId, key: call.key, outcome });
    return outcome;
  }

  #book(call: ProcessorCall, kind: Effect["kind"], account: string): Effect {
    const reference = `sx_${++this.#references}`;
    const { key, amount, currency, attemptId: attempt } = call;
    const effect: Effect = {
      key,
      kind,
      account,
      attempt,
      amount,
      currency,
      reference,
      state: "ok",
      trait: "ordinary",
      at: this.#ports.now(),
    };
    if (kind === "charge" || kind === "authorize" || kind === "verify")
      return { ...effect, ...this.#open(call, account) };
    const root = this.#root(call, account);
    const trait = root?.trait ?? "ordinary";
    const no: Effect = { ...effect, trait, state: "no" };
    if (root === undefined) return no;
    if (kind === "void") {
      if (root.state === "asks") {
        root.state = "no";
        return { ...effect, amount: 0 };
      }
      const held = this.held(root);
      return trait === "void_refused" || held === 0 ? no : { ...effect, amount: held };
    }
    if (kind === "capture") return amount > this.held(root) || amount <= 0 ? no : effect;
    if (trait === "refund_fails" || amount > this.taken(root) || amount <= 0) return no;
    return trait === "refund_waits" ? { ...effect, state: "waits" } : effect;
  }

  #open(call: ProcessorCall, account: string): Partial<Effect> {
    const trait = TRAITS.get(call.card?.reveal().number ?? "") ?? "unknown_card";
    const isFirst = [...this.kinds.keys()][0] === account;
    if (trait === "declines" || (trait === "insufficient_funds" && isFirst)) return { trait, state: "no" };
    if (trait === "unknown_card") return { trait, state: "no" };
    if (trait === "errs") return { trait, state: "error" };
    return { trait, state: trait === "challenged" ? "asks" : "ok" };
  }

  #inquire(call: ProcessorCall, account: string, conclude: boolean): Outcome {
    this.ripen();
    const kind = this.kinds.get(account) ?? "full";
    const key = call.kind === "authenticate" ? call.attemptId : call.key;
    const known = this.books.find((effect) => effect.key === key && effect.account === account);
    if (known !== undefined && known.state !== "withdrawn") {
      if (known.state === "waits") known.state = "ok";
      return this.#outcome(known);
    }
    if (kind === "eventual") return { kind: "not_found", conclusive: false };
    if (known === undefined && conclude) {
      this.books.push({ ...this.#withdrawn(call, key, account) });
      return { kind: "not_found", conclusive: true };
    }
    return { kind: "not_found", conclusive: known?.state === "withdrawn" };
  }

  #withdrawn(call: ProcessorCall, key: string, account: string): Effect {
    const { attemptId: attempt, currency } = call;
    const effect = {
      key,
      account,
      attempt,
      amount: 0,
      currency,
      at: this.#ports.now(),
      reference: "",
      trait: "ordinary" as const,
    };
    return { ...effect, kind: "verify", state: "withdrawn" };
  }

  #root(call: ProcessorCall, account: string): Effect | undefined {
    return this.books.find(
      (effect) => effect.key === call.attemptId && effect.account === account && effect.state !== "withdrawn",
    );
  }

  /** What is still held of an authorisation. */
  held(root: Effect): number {
    if (root.kind !== "authorize" || root.state !== "ok") return 0;
    const used = this.books.filter((effect) => effect.attempt === root.attempt && effect.state === "ok");
    return root.amount - sum(used.filter((effect) => effect.kind === "capture" || effect.kind === "void"));
  }

  /** What was taken and not given back. */
  taken(root: Effect): number {
    const all = this.books.filter((effect) => effect.attempt === root.attempt);
    const captured = sum(
      all.filter((effect) => (effect.kind === "capture" || effect.kind === "charge") && effect.state === "ok"),
    );
    return (
      captured -
      sum(all.filter((effect) => effect.kind === "refund" && (effect.state === "ok" || effect.state === "waits")))
    );
  }

  #outcome(effect: Effect): Outcome {
    const { reference, amount, currency, kind, trait } = effect;
    switch (effect.state) {
      case "ok":
        return { kind: "approved", reference, amount, currency };
      case "asks":
        return { kind: "challenge", reference, url: `https://processor.invalid/${reference}` };
      case "waits":
        return { kind: "pending", reference };
      case "withdrawn":
        return { kind: "not_found", conclusive: true };
      case "error":
        return { kind: "failed", error: errorOf("internal", "processor_unavailable") };
      case "no": {
        const category =
          trait === "challenged" ? "authentication_failed" : trait === "insufficient_funds" ? trait : "lost_or_stolen";
        return { kind: "declined", reference, error: errorOf(`${kind}_refused`, category) };
      }
    }
  }
}

/** Nothing was executed; of a question that fails, that says nothing. */
function failed(verb: "perform" | "lookup"): Outcome {
  if (verb === "lookup") return { kind: "unknown", reason: "the question failed" };
  return { kind: "failed", error: errorOf("internal", "processor_unavailable") };
}

function errorOf(code: string, category: ProcessorError["category"]): ProcessorError {
  return {
    code,
    message: code,
    declineCode: null,
    category,
    retryable: true,
    connectorCode: code,
    connectorMessage: null,
  };
}

export function sum(effects: readonly { amount: number }[]): number {
  return effects.reduce((total, { amount }) => total + amount, 0);
}
