/** The interface between us and a processor. One folder a processor; `registry.ts` is the only door. */
import type { Mode } from "../domain/mode.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { PaymentDetails } from "../domain/payment/details.ts";
import type { CardSecret } from "../vault/card.ts";

/**
 * - `verify` checks a card without holding money; `authorize` holds; `charge` holds and captures in one.
 * - `authenticate` finishes an authorize, charge or verify after the customer came back from a challenge.
 * - `void` releases what is held and not captured, all of it or the rest.
 */
export type CallKind = "verify" | "authorize" | "charge" | "authenticate" | "capture" | "void" | "refund";

/** One operation that the processor is asked to do, at most once: `key` names it for ever. */
export interface ProcessorCall {
  kind: CallKind;
  /** Our id of the operation (≤ 36 characters): idempotency key and reference at the processor in one. */
  key: string;
  paymentId: string;
  /** The attempt this belongs to: the key under which the money was first asked for. */
  attemptId: string;
  /** What the attempt asked for: `authorize`, `charge` or `verify`. */
  attemptKind: "verify" | "authorize" | "charge";
  /** The processor's own id of the attempt, once it has told us. */
  attemptReference: string | null;
  /** The processor's own id of this very operation, where known (a pending refund that is asked about). */
  reference: string | null;
  /** Minor units, ISO exponent. */
  amount: number;
  /** ISO 4217, lower case. */
  currency: string;
  /** For `capture`: nothing more will be captured. */
  final: boolean;
  /** Minor units of this attempt that earlier calls captured: where the processor only tells a sum. */
  capturedBefore: number;
  /**
   * Sent before under the same key, with an unknown outcome: a refusal that comes before the processor looks at keys
   * (a wrong credential, a rate limit) then says nothing about the first one.
   */
  isRepeat: boolean;
  /** For a `refund`: the capture's processor reference, where the processor refunds captures. */
  captureReference: string | null;
  method: { type: string; provider: string | null };
  /** Null once it has been erased; look-ups and later operations never need it. */
  card: CardSecret | null;
  details: PaymentDetails;
  /** Where a challenge or redirect sends the shopper back to: our own return handler. */
  returnUrl: string;
  /** For `authenticate`: the page of the challenge that the shopper comes back from, as it may still be open. */
  challengeUrl: string | null;
  /** For `authenticate`: the query that the shopper came back to `returnUrl` with, as the processor made it. */
  returned: Record<string, string>;
}

export interface ConnectorAccount {
  /** `ca_…` */
  id: string;
  /** `mer_…`: whose account it is. */
  merchantId: string;
  /** Processors keep test and live apart by host. */
  mode: Mode;
  label: string;
  connector: string;
  credentials: Record<string, string>;
  settings: Record<string, unknown>;
}

export interface CallContext {
  account: ConnectorAccount;
  /** The one door out. Never throws: a thrown fetch becomes `no_answer`. */
  send(request: ProcessorRequest): Promise<ProcessorAnswer>;
  /** ms since 1970. */
  now: number;
}

export interface ProcessorRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Appended to the connector's base URL, which operators may override. Starts with `/`. */
  path: string;
  headers: Record<string, string>;
  body?: string;
}

export type ProcessorAnswer =
  | { kind: "answer"; status: number; headers: Headers; body: string }
  /** Time-out, reset, redirect, oversized body: nothing is known about what was executed. */
  | { kind: "no_answer"; reason: string };

/** How an unknown outcome can be resolved at this processor (`docs/design/crash-protocol.md`). */
export interface RecoveryVerbs {
  /** Can be asked about an operation by our key. `conclusive`: its first "not found" is proof of absence. */
  lookup: "conclusive" | "eventual" | "none";
  /** Hours for which the same key surely names the same operation; 0: it has no idempotency keys. */
  replayWindowHours: number;
  cancelByKey: boolean;
  webhook: boolean;
}

export interface Capabilities {
  /** Lower-case ISO codes, or `*`. */
  currencies: readonly string[] | "*";
  methods: readonly string[];
  captureMethods: readonly string[];
  multipleCapture: boolean;
  partialCapture: boolean;
  /** A final capture below the authorised amount releases the rest by itself; else we void it. */
  releasesRest: boolean;
  void: boolean;
  refund: boolean;
  partialRefund: boolean;
  threeDs: boolean;
  zeroAmount: boolean;
  recovery: RecoveryVerbs;
}

/** A verified message of a processor about one of our operations. */
export interface WebhookFact {
  /** The processor's id of the message: duplicates are known by it. */
  messageId: string;
  /** The payment it is about (our reference travels with every call); null: unknown, the message is parked. */
  paymentId: string | null;
  /** The key of our operation that it settles; null where it only hints that something changed: we then ask. */
  key: string | null;
  outcome: Outcome | null;
}

export interface Connector {
  name: string;
  /** Of production, without a trailing slash; `CONNECTOR_BASE_URLS` overrides it. */
  baseUrl(account: ConnectorAccount): string;
  capabilities: Capabilities;
  /** How long we wait for it. */
  timeoutMs: number;
  /** Names of the credentials it needs; a missing one is refused when the account is made. */
  credentials: { required: readonly string[]; optional: readonly string[] };
  /** Asks the processor to do it. Repeating the same call with the same key must not do it twice. */
  perform(call: ProcessorCall, context: CallContext): Promise<Outcome>;
  /**
   * Asks the processor what became of it. Moves no money. With `conclude`, we will act on a "not found" (fail, or go
   * elsewhere): a processor that can must refuse the key from then on, or it may say `conclusive: false`.
   */
  lookup(call: ProcessorCall, context: CallContext, options: { conclude: boolean }): Promise<Outcome>;
  webhook?: {
    /** On the raw bytes, in constant time; or by asking the processor, where it signs with a certificate of its own. */
    verify(raw: Uint8Array, headers: Headers, context: CallContext): Promise<boolean>;
    /**
     * Only called on verified bytes. Throws nothing: what it cannot read becomes no fact. A processor that names
     * nothing but its own id is asked which of our operations it means.
     */
    read(raw: Uint8Array, context: CallContext): WebhookFact[] | Promise<WebhookFact[]>;
  };
}
