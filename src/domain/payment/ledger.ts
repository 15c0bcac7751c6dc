/** Double entry over a payment's log: what was held, taken and given back, in minor units. */
import { isoTime } from "./present.ts";
import type { PaymentEvent } from "./events.ts";

/**
 * `customer` is what the payer's bank still has, `held` what is authorised, `merchant` what was captured. Every entry
 * moves an amount from one to another, so the sum over all accounts is always zero.
 */
export type LedgerAccount = "customer" | "held" | "merchant";

export interface LedgerEntry {
  /** Of the event that posted it. */
  sequence: number;
  operation: "authorize" | "charge" | "capture" | "void" | "refund" | "expire";
  debit: LedgerAccount;
  credit: LedgerAccount;
  amount: number;
  created: string;
}

export interface LoggedEvent {
  sequence: number;
  at: number;
  event: PaymentEvent;
}

/** Throws where the entries would not balance: that is a bug of ours, and the commit must not happen. */
export function postLedger(log: readonly LoggedEvent[]): LedgerEntry[] {
  const entries: LedgerEntry[] = [];
  const balance: Record<LedgerAccount, number> = { customer: 0, held: 0, merchant: 0 };
  const started = new Map<string, number>();
  for (const { sequence, at, event } of log) {
    const created = isoTime(at);
    const post = (operation: LedgerEntry["operation"], debit: LedgerAccount, credit: LedgerAccount, amount: number) => {
      if (amount === 0) return;
      balance[debit] -= amount;
      balance[credit] += amount;
      entries.push({ sequence, operation, debit, credit, amount, created });
    };
    switch (event.kind) {
      case "authorized":
        post("authorize", "customer", "held", event.amount);
        break;
      case "charged":
        post("charge", "customer", "merchant", event.amount);
        break;
      case "captured":
        post("capture", "held", "merchant", event.amount);
        break;
      case "voidStarted":
        started.set(event.voidKey, event.amount);
        break;
      case "voided":
        post("void", "held", "customer", started.get(event.voidKey) ?? 0);
        break;
      case "expired":
        post("expire", "held", "customer", balance.held);
        break;
      case "refundStarted":
        started.set(event.refundId, event.amount);
        break;
      case "refundSucceeded":
        post("refund", "merchant", "customer", started.get(event.refundId) ?? 0);
        break;
      default:
        break;
    }
    assertConservation(balance, sequence);
  }
  return entries;
}

function assertConservation({ customer, held, merchant }: Record<LedgerAccount, number>, sequence: number): void {
  if (customer + held + merchant !== 0) throw new Error(`entries up to ${sequence} do not balance`);
  if (held < 0) throw new Error(`more than was authorised left the hold at ${sequence}`);
  if (merchant < 0) throw new Error(`more than was captured was refunded at ${sequence}`);
}
