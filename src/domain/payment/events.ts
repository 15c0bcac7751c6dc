/** What happened to a payment. The log is a list of these, and a payment's state is their fold. */
import type { ProcessorError } from "../outcome.ts";
import type { RoutePlan } from "../routing/plan.ts";
import type { Owner, PaymentDetails, PaymentMethodView } from "./details.ts";

/** An account as a payment remembers it: enough to go back there after its label has changed. */
export interface AccountRef {
  /** `ca_…` */
  id: string;
  label: string;
  /** The connector's name: `sandbox`, `stripe`, … */
  processor: string;
  /** Releases by itself what a final capture leaves. */
  releasesRest: boolean;
}

export type AttemptKind = "verify" | "authorize" | "charge";
/** Why money is given back: it decides what the payment is afterwards. */
export type VoidPurpose = "cancel" | "release" | "reject" | "expire";

export type PaymentEvent =
  | { kind: "created"; owner: Owner; details: PaymentDetails; method: PaymentMethodView | null }
  | { kind: "updated"; changes: Partial<PaymentDetails>; method: PaymentMethodView | null }
  /** The first attempt brings the plan; a later one follows it. */
  | {
      kind: "attemptStarted";
      attemptId: string;
      account: AccountRef;
      attempt: AttemptKind;
      amount: number;
      /** Screening wants a person to look before money is taken. */
      review: boolean;
      plan: RoutePlan | null;
      origin: string;
      /** `pm_…`: the card is kept under this id if it is approved, in whichever of the plan's attempts. */
      saveAs?: string;
    }
  | { kind: "challenged"; attemptId: string; reference: string; url: string }
  /** The shopper came back; `returned` is what the processor gave them to bring along. */
  | { kind: "authenticationStarted"; attemptId: string; returned: Record<string, string> }
  | { kind: "verified"; attemptId: string; reference: string }
  | { kind: "authorized"; attemptId: string; reference: string; amount: number; expiresAt: number }
  | { kind: "charged"; attemptId: string; reference: string; amount: number }
  | { kind: "attemptFailed"; attemptId: string; reference: string | null; error: ProcessorError }
  | { kind: "reviewApproved" }
  | { kind: "captureStarted"; captureKey: string; attemptId: string; amount: number; final: boolean }
  | { kind: "captured"; captureKey: string; reference: string; amount: number }
  | { kind: "captureFailed"; captureKey: string; error: ProcessorError }
  | {
      kind: "voidStarted";
      voidKey: string;
      attemptId: string;
      amount: number;
      purpose: VoidPurpose;
      reason: string | null;
    }
  | { kind: "voided"; voidKey: string }
  | { kind: "voidRefused"; voidKey: string; error: ProcessorError }
  | { kind: "cancelled"; reason: string | null }
  | { kind: "expired"; what: "confirmation" | "challenge" | "authorization" }
  | { kind: "conflictFound"; key: string; reason: string }
  | {
      kind: "refundStarted";
      refundId: string;
      amount: number;
      reason: string | null;
      metadata: Record<string, string>;
    }
  | { kind: "refundPending"; refundId: string; reference: string }
  | { kind: "refundSucceeded"; refundId: string; reference: string }
  | { kind: "refundFailed"; refundId: string; error: ProcessorError }
  /** The processor contradicts itself or stays silent: a person has to look. The amount stays reserved. */
  | { kind: "refundInReview"; refundId: string; reason: string };
