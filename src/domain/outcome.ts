/** What a processor's answer proves. All members are ordinary: an unknown outcome is not an exception. */
export type Outcome =
  | Approved
  | { kind: "declined"; error: ProcessorError; reference?: string }
  /** A definite error: the processor says that it executed nothing. */
  | { kind: "failed"; error: ProcessorError }
  /** Accepted and not settled yet: a pending refund, a bank transfer. Asked again, or told by a webhook. */
  | { kind: "pending"; reference: string }
  /** The customer has to act at `url` before the processor decides. */
  | { kind: "challenge"; reference: string; url: string }
  /** Only from a look-up: the processor does not know the operation (and says so conclusively, or not). */
  | { kind: "not_found"; conclusive: boolean }
  /** No answer, or one that proves nothing: time-out, reset, 5xx, unreadable. Never treated as failure. */
  | { kind: "unknown"; reason: string }
  /** The answer contradicts what was asked: another amount or currency. A person has to look. */
  | { kind: "conflicted"; reason: string; reference?: string };

export interface Approved {
  kind: "approved";
  /** The processor's own id of what it did. */
  reference: string;
  /** Minor units that the processor says it moved or holds. Compared with what was asked. */
  amount: number;
  currency: string;
  /** When the processor lets an uncaptured authorisation lapse, ms since 1970; absent: our default of 7 days. */
  expiresAt?: number;
}

export const DECLINE_CATEGORIES = [
  "insufficient_funds",
  "do_not_honor",
  "lost_or_stolen",
  "expired_card",
  "incorrect_cvc",
  "invalid_card",
  "fraud",
  "authentication_failed",
  "processor_unavailable",
  "not_supported",
  "other",
] as const;
export type DeclineCategory = (typeof DECLINE_CATEGORIES)[number];

/** The public shape of `lastError` and of an attempt's `error`. */
export interface ProcessorError {
  /** Ours, stable: `card_declined`, `processor_error`, `void_refused`, … */
  code: string;
  message: string;
  declineCode: string | null;
  category: DeclineCategory;
  /** Whether another try, later or elsewhere, could end differently. */
  retryable: boolean;
  /** As the processor wrote them. */
  connectorCode: string | null;
  connectorMessage: string | null;
}
