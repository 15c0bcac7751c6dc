import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { paymentId } from "../../src/domain/ids.ts";
import type { PaymentDetails } from "../../src/domain/payment/details.ts";
import type { PaymentShard } from "../../src/durable/payment-shard.ts";
import { shardName } from "../../src/durable/shard-api.ts";
import type { CreateInput, MethodInput, PaymentAction, Reply, ShardAddress } from "../../src/durable/shard-api.ts";
import { seal } from "../../src/vault/seal.ts";

export const ADDRESS: ShardAddress = { merchantId: "mer_test", merchantNumber: 1, mode: "test", shard: 0 };

/** The shard under test. A stub breaks with its instance, so each use takes a new one. */
export function shard(): DurableObjectStub<PaymentShard> {
  return env.PAYMENT_SHARD.getByName(shardName(ADDRESS));
}

/** Connector accounts of the test merchant, in the order of their creation; `sandbox` is the built-in one. */
export async function seedAccounts(
  ...accounts: { label: string; settings?: Record<string, unknown> }[]
): Promise<void> {
  for (const [index, { label, settings }] of (accounts.length === 0 ? [{ label: "sandbox" }] : accounts).entries()) {
    const id = `ca_${label}`;
    await env.DB.prepare(
      `INSERT INTO connector_accounts
         (id, merchant_id, mode, connector, label, enabled, sealed_credentials, credential_hints, settings, created)
       VALUES (?, ?, 'test', 'sandbox', ?, 1, ?, '{}', ?, ?)`,
    )
      .bind(id, ADDRESS.merchantId, label, await seal(env.MASTER_KEY, "{}", id), JSON.stringify(settings ?? {}), index)
      .run();
  }
}

let drawn = 0;
export function newPaymentId(): string {
  const identity = new Uint8Array(20);
  new DataView(identity.buffer).setUint32(0, ++drawn);
  crypto.getRandomValues(identity.subarray(4));
  return paymentId(ADDRESS.shard, identity);
}

export function card(number = "4242424242424242"): MethodInput {
  const view = {
    brand: "visa",
    last4: number.slice(-4),
    first6: number.slice(0, 6),
    expiryMonth: 12,
    expiryYear: 2030,
  };
  return {
    view: {
      type: "card",
      paymentMethodType: "credit",
      card: { ...view, funding: "credit", fingerprint: `fp_${number.slice(-4)}` },
    },
    card: { number, expiryMonth: 12, expiryYear: 2030, cvc: "123", holderName: null },
  };
}

export interface CreateOptions {
  number?: string;
  method?: MethodInput | null;
  confirm?: boolean;
  key?: string;
  fingerprint?: string;
  id?: string;
  details?: Partial<PaymentDetails>;
}

export function createInput(options: CreateOptions = {}): CreateInput {
  const { number, method = card(number), confirm = true, key, fingerprint = "f", id = newPaymentId() } = options;
  return {
    paymentId: id,
    details: { amount: 1000, currency: "gbp", captureMethod: "automatic", ...options.details },
    method,
    confirm,
    origin: "http://localhost:8787",
    requestId: "req_test",
    idempotency: key === undefined ? null : claim(key, fingerprint),
  };
}

export function claim(key: string, fingerprint = "f") {
  const hex = (text: string) => Buffer.from(text.padEnd(16, "_")).toString("hex").slice(0, 64);
  return { name: hex(key), fingerprint: hex(fingerprint) };
}

export type PaymentBody = Record<string, unknown> & {
  id: string;
  status: string;
  version: number;
  amountReceived: number;
  amountCapturable: number;
  amountRefunded: number;
  nextAction: { type?: string; url?: string };
  lastError: { code: string; category: string } | null;
  attempts: { id: string; connector: string; status: string }[];
};

export async function create(options: CreateOptions = {}): Promise<PaymentBody> {
  return bodyOf(await shard().create(ADDRESS, createInput(options)));
}

export function act(paymentId: string, action: PaymentAction, key?: string): Promise<Reply> {
  const idempotency = key === undefined ? null : claim(key);
  return shard().act(ADDRESS, {
    paymentId,
    action,
    origin: "http://localhost:8787",
    requestId: "req_test",
    idempotency,
  });
}

export async function read(paymentId: string): Promise<PaymentBody> {
  return bodyOf(await shard().read(ADDRESS, paymentId, null));
}

/** Throws where the reply is a rejection, with its code. */
export function bodyOf<T = PaymentBody>(reply: Reply): T {
  if (!reply.ok) throw new Error(`${reply.rejection.code}: ${reply.rejection.message}`);
  return JSON.parse(reply.body) as T;
}

export interface LedgerRow {
  operation: string;
  amount: number;
  idempotencyKey: string;
  account: string;
}

/** What the sandbox processor says it did for a payment, oldest first: its own books, apart from ours. */
export async function sandboxLedger(payment: string): Promise<LedgerRow[]> {
  const page = await env.SANDBOX_PROCESSOR.getByName(ADDRESS.merchantId).readLedger(payment, 100, null);
  return (page?.data ?? []).toReversed();
}

/** Fires the shard's alarm until the payment satisfies `isDone`, with the shard's clock set forward each time. */
export async function ringUntil(paymentId: string, isDone: (body: PaymentBody) => boolean): Promise<PaymentBody> {
  for (let minutes = 1; minutes < 60; minutes *= 2) {
    await runInDurableObject(shard(), (instance) => {
      instance.clock = () => Date.now() + minutes * 60_000;
    });
    await runDurableObjectAlarm(shard());
    const body = await read(paymentId);
    if (isDone(body)) return body;
  }
  throw new Error(`${paymentId} is still ${(await read(paymentId)).status}`);
}
