import type { ProcessorError } from "../outcome.ts";
import type { RoutePlan } from "../routing/plan.ts";
import type { Owner, PaymentDetails, PaymentMethodView } from "./details.ts";
import type { AccountRef, AttemptKind, VoidPurpose } from "./events.ts";

export type AttemptStatus =
  | "pending"
  | "authentication_pending"
  | "verified"
  | "authorized"
  | "charged"
  | "voided"
  | "failed"
  | "expired"
  | "conflicted";

export interface Attempt {
  id: string;
  account: AccountRef;
  kind: AttemptKind;
  status: AttemptStatus;
  amount: number;
  /** The processor's id of it. */
  reference: string | null;
  error: ProcessorError | null;
  created: number;
  /** Where the customer has to go, while `authentication_pending`. */
  url: string | null;
  /** When an uncaptured authorisation lapses. */
  expiresAt: number | null;
  review: boolean;
  /** Of our Worker as the merchant reached it: where the shopper is sent back to. */
  origin: string;
  /** How often the shopper came back from the challenge. */
  returns: number;
}

export interface Capture {
  key: string;
  attemptId: string;
  amount: number;
  final: boolean;
  status: "pending" | "succeeded" | "failed";
  reference: string | null;
}

export interface Refund {
  id: string;
  amount: number;
  reason: string | null;
  metadata: Record<string, string>;
  /** `sent`: the call is owed or its outcome unknown; shown as `pending`. */
  status: "sent" | "pending" | "succeeded" | "failed" | "review";
  reference: string | null;
  error: ProcessorError | null;
  created: number;
}

/** The one processor call that is owed: intended, and its outcome not yet known. */
export type OwedCall =
  | { kind: "attempt"; key: string; since: number; attemptId: string }
  | { kind: "authenticate"; key: string; since: number; attemptId: string; returned: Record<string, string> }
  | { kind: "capture"; key: string; since: number; attemptId: string; amount: number; final: boolean }
  | {
      kind: "void";
      key: string;
      since: number;
      attemptId: string;
      amount: number;
      purpose: VoidPurpose;
      reason: string | null;
    }
  | { kind: "refund"; key: string; since: number; attemptId: string; refundId: string; amount: number };

export interface PaymentState {
  id: string;
  owner: Owner;
  /** Events folded so far; the last one's sequence. */
  version: number;
  created: number;
  updated: number;
  details: PaymentDetails;
  method: PaymentMethodView | null;
  /** `pm_…`: under which the card is kept for its customer if it is approved. */
  saveAs: string | null;
  /** `pm_…`: it was approved, and is kept. */
  savedMethod: string | null;
  plan: RoutePlan | null;
  attempts: readonly Attempt[];
  captures: readonly Capture[];
  /** Voids sent so far: the next one's ordinal. */
  voids: number;
  refunds: readonly Refund[];
  owed: OwedCall | null;
  review: "none" | "open" | "approved" | "rejected";
  /** The merchant's or time's last word. */
  ended: "cancelled" | "expired" | null;
  conflict: string | null;
  lastError: ProcessorError | null;
  /** The version at which metadata last changed. */
  metadataVersion: number;
}
