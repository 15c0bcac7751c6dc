/** What crosses the RPC boundary to a payment's shard: plain values only, and never a thrown refusal. */
import type { Mode } from "../domain/mode.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { PaymentDetails, PaymentMethodView } from "../domain/payment/details.ts";
import type { PaymentStatus, Rejection } from "../domain/rejection.ts";
import type { RecordedDecision } from "../domain/routing/backtest.ts";
import type { RevealedCard } from "../vault/card.ts";
import type { DecisionQuery } from "./decisions.ts";
import type { VaultedMethod } from "./vault-api.ts";

/** Whose shard this is. The Worker derives it from the credential and the id; the shard keeps it and compares. */
export interface ShardAddress {
  merchantId: string;
  /** `merchants.number`: leads the read model's indexes. */
  merchantNumber: number;
  mode: Mode;
  shard: number;
}

/** An `Idempotency-Key` as the shard sees it. Absent where the merchant sent none. */
export interface IdempotencyClaim {
  /** Keyed hash of path and key: the row's name. */
  name: string;
  /** Keyed hash of method, path and canonical body: equal for equal requests. */
  fingerprint: string;
}

export interface MethodInput {
  view: PaymentMethodView;
  /** Only for a raw card. */
  card: RevealedCard | null;
}

interface CommandBase {
  /** Of this Worker as the merchant reached it, for return and challenge URLs: `https://host`. */
  origin: string;
  requestId: string;
  idempotency: IdempotencyClaim | null;
  /** Where on earth it came in, as the edge says; absent where that is not known. */
  region?: string;
}

export interface CreateInput extends CommandBase {
  paymentId: string;
  details: PaymentDetails;
  method: MethodInput | VaultedMethod | null;
  confirm: boolean;
}

/** What may be done to a payment that exists. */
export type PaymentAction =
  | { type: "update"; changes: Partial<PaymentDetails>; method: MethodInput | VaultedMethod | null }
  | { type: "confirm"; changes: Partial<PaymentDetails>; method: MethodInput | VaultedMethod | null }
  | { type: "capture"; amount: number | null; final: boolean | null }
  | { type: "cancel"; reason: string | null }
  | { type: "sync" }
  | { type: "approve" }
  | { type: "reject" }
  | { type: "refund"; amount: number | null; reason: string | null; metadata: Record<string, string> };

export interface ActInput extends CommandBase {
  paymentId: string;
  action: PaymentAction;
}

/** `body` is the final JSON text, so that a replay is equal byte for byte. */
export type Reply =
  | { ok: true; status: 200 | 201; body: string; replayed: boolean }
  | { ok: false; rejection: Rejection };

/** Where a shopper who came back from a challenge goes next. */
export interface ReturnedShopper {
  paymentId: string;
  status: PaymentStatus;
  /** The merchant's; null where none was given. */
  returnUrl: string | null;
}

/** A processor's verified message about one of this shard's payments. */
export interface ProcessorMessage {
  /** `ca_…`: through which account it came. */
  accountId: string;
  /** The processor's id of it. */
  messageId: string;
  paymentId: string;
  /** The operation that it settles; null, as a null outcome: it only hints that something changed. */
  key: string | null;
  outcome: Outcome | null;
}

/** `unknown`: no such payment, or none of that account; nothing was written. */
export type Heard = "heard" | "asked" | "duplicate" | "unknown";

/** The Durable Object's name. */
export function shardName(address: Pick<ShardAddress, "merchantId" | "mode" | "shard">): string {
  return `${address.merchantId}:${address.mode}:${address.shard}`;
}

/** The methods of a payment's shard. */
export interface PaymentShardApi {
  create(address: ShardAddress, input: CreateInput): Promise<Reply>;
  act(address: ShardAddress, input: ActInput): Promise<Reply>;
  /** Decides and routes as `create` would; stores nothing, calls nobody. */
  rehearse(address: ShardAddress, input: CreateInput): Promise<Reply>;
  /** The receipt that `create` would leave, by itself. */
  simulate(address: ShardAddress, input: CreateInput): Promise<Reply>;
  /** `asOf`: a version, or ms since 1970; null is now. */
  read(address: ShardAddress, paymentId: string, asOf: { version: number } | { at: number } | null): Promise<Reply>;
  readRefund(address: ShardAddress, refundId: string): Promise<Reply>;
  /** Lists answer the whole list envelope. */
  listRefunds(address: ShardAddress, paymentId: string, page: Page): Promise<Reply>;
  listEvents(address: ShardAddress, paymentId: string, page: Page): Promise<Reply>;
  listOperations(address: ShardAddress, paymentId: string, page: Page): Promise<Reply>;
  readLedger(address: ShardAddress, paymentId: string, page: Page): Promise<Reply>;
  /** Why its attempts went where they went. */
  readReceipt(address: ShardAddress, paymentId: string): Promise<Reply>;
  /** What was decided here in a range of time, oldest first: the JSON text of a `DecisionPage`. `after` 0 begins. */
  listDecisions(query: DecisionQuery, after: number): Promise<string>;
  /** The shopper is back from the challenge of this attempt; null: there is no such attempt. */
  resume(attemptId: string, returned: Record<string, string>): Promise<ReturnedShopper | null>;
  /** Of an account of this merchant and mode; durable when it answers. */
  hear(message: ProcessorMessage): Promise<Heard>;
  /** Server-sent events of the payment's transitions behind the sequence `after`; null where it does not exist. */
  stream(address: ShardAddress, paymentId: string, after: number): Promise<ReadableStream<Uint8Array> | null>;
  /** Waits until all that was committed before has reached D1, at most `maxWaitMs`; false where it has not. */
  flush(maxWaitMs: number): Promise<boolean>;
  /** The merchant's accounts or routing changed: read them again before the next decision. */
  forgetConfiguration(): Promise<void>;
  /** Reports what this shard has seen of its accounts, so that their health can be read. */
  reportHealth(address: ShardAddress): Promise<void>;
  /** From the sweeper: do what is due, re-arm the alarm. */
  poke(): Promise<void>;
}

/** `next`: where the next page begins; null at the end. */
export interface DecisionPage {
  decisions: RecordedDecision[];
  next: number | null;
}

export interface Page {
  limit: number;
  /** Opaque to the Worker; given out by the shard. */
  cursor: string | null;
}
