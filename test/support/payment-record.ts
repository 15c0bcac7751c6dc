import { paymentId } from "../../src/domain/ids.ts";
import { type PaymentRecord, ownerOf } from "../../src/projection/record.ts";

/** Merchant 1 in test mode. */
export const OWNER = ownerOf(1, "test");
/** 2026-01-01 */
export const EPOCH_MS = 1_767_225_600_000;

/** The nth payment of a shard: always the same id. */
export function nthPaymentId(n: number, shard = 0): string {
  const identity = new Uint8Array(15);
  new DataView(identity.buffer).setUint32(11, n);
  return paymentId(shard, identity);
}

/** As a shard would report the nth payment, a second after the one before. */
export function recordOf(n: number, changes: Partial<PaymentRecord> = {}): PaymentRecord {
  const record = {
    id: nthPaymentId(n),
    owner: OWNER,
    version: 1,
    created: EPOCH_MS + n * 1000,
    status: "succeeded",
    currency: "gbp",
    amount: 1000,
    connector: "sandbox",
    customerId: null,
    merchantReference: null,
    metadata: null,
    ...changes,
  };
  return { ...record, body: changes.body ?? bodyOf(record) };
}

/** What the contract's example answers, of this record. */
function bodyOf(record: Omit<PaymentRecord, "body">): string {
  const created = new Date(record.created).toISOString();
  const own = record.id.slice(4);
  return JSON.stringify({
    id: record.id,
    amount: record.amount,
    amountReceived: record.amount,
    created,
    currency: record.currency,
    status: record.status,
    nextAction: {},
    connector: record.connector,
    captureMethod: "automatic",
    paymentMethod: "card",
    paymentMethodType: "credit",
    metadata: record.metadata ?? {},
    amountCapturable: 0,
    amountRefunded: 0,
    version: record.version,
    livemode: false,
    customer: {
      id: record.customerId ?? `cus_${own.slice(2)}`,
      email: "john.doe@example.com",
      firstName: "John",
      lastName: "Doe",
    },
    lastError: null,
    paymentMethodDetails: {
      card: {
        brand: "visa",
        last4: "4242",
        first6: "424242",
        expiryMonth: 12,
        expiryYear: 2030,
        funding: "credit",
        fingerprint: "8c7c5f2c1b9a0d3e4f6a7b8c9d0e1f2a",
      },
    },
    attempts: [
      {
        id: `att_${own}01`,
        connector: record.connector,
        status: "charged",
        amount: record.amount,
        error: null,
        created,
      },
    ],
    updated: created,
  });
}
