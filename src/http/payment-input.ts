/** From a validated body to what the payment's shard is told. */
import type { Context } from "hono";
import type * as z from "zod";
import { isPlainId } from "../domain/ids.ts";
import type { PaymentDetails } from "../domain/payment/details.ts";
import type { Issue, Rejection } from "../domain/rejection.ts";
import type { MethodInput } from "../durable/shard-api.ts";
import { noSuchMethod, type VaultedMethod } from "../durable/vault-api.ts";
import { type CardInput, defaultTestCard, takeCard } from "../vault/card-intake.ts";
import { identifyCustomer } from "./customer.ts";
import type { AppEnv } from "./env.ts";
import { plainRejection } from "./errors.ts";
import { writePath } from "./paths.ts";
import type { confirmPayment, createPayment, updatePayment } from "./schemas/payment.ts";
import type { PaymentMethodInput } from "./schemas/payment-method.ts";

type CreateBody = z.output<typeof createPayment>;
type ChangeBody = z.output<typeof updatePayment> | z.output<typeof confirmPayment>;

export function toDetails(c: Context<AppEnv>, body: CreateBody): PaymentDetails {
  const { paymentMethod: _method, confirm: _confirm, dryRun: _dryRun, customer, ...details } = body;
  return { ...details, ...(customer === undefined ? {} : { customer: identifyCustomer(c, customer) }) };
}

export function toChanges(c: Context<AppEnv>, body: ChangeBody): Partial<PaymentDetails> {
  const { paymentMethod: _method, customer, ...changes } = body;
  return { ...changes, ...(customer === undefined ? {} : { customer: identifyCustomer(c, customer) }) };
}

export type ResolvedMethod = { method: MethodInput | VaultedMethod | null } | { rejection: Rejection };

/**
 * The one place where what a merchant wrote becomes a method that can be charged. A token or a saved method goes on by
 * its id: the payment's shard takes it from the vault, so that a request which is repeated does not take it twice.
 */
export function resolveMethod(c: Context<AppEnv>, input: PaymentMethodInput | undefined): ResolvedMethod {
  if (input === undefined) return { method: null };
  if (input.token !== undefined)
    return isPlainId("tok", input.token) ? { method: { vaulted: input.token } } : { rejection: noSuchMethod("token") };
  if (input.id !== undefined)
    return isPlainId("pm", input.id) ? { method: { vaulted: input.id } } : { rejection: noSuchMethod("id") };
  if (input.card !== undefined) return resolveCard(c, input.card);
  if (input.type !== undefined && input.type !== "card" && input.provider !== undefined) {
    const { type, provider } = input;
    return { method: { view: { type, paymentMethodType: provider, provider }, card: null } };
  }
  return c.get("caller").mode === "test" ? resolveCard(c, defaultTestCard(Date.now())) : { method: null };
}

function resolveCard(c: Context<AppEnv>, card: CardInput): ResolvedMethod {
  const { merchantId, mode, rawCards } = c.get("caller");
  if (mode === "live" && !rawCards) return { rejection: plainRejection("raw_card_disabled") };
  return { method: takeCard(card, { masterKey: c.env.MASTER_KEY, merchantId, mode }) };
}

/** What a shopper's browser may say about a payment; the rest is for the merchant's server. */
const PUBLIC_MEMBERS = new Set([
  "paymentMethod",
  "returnUrl",
  "browserInfo",
  "connectionInformation",
  "billing",
  "setupFutureUsage",
]);

/** A body rule: with a publishable key, the merchant's own members are as unknown as any other. */
export function checkPublicMembers(body: Readonly<Record<string, unknown>>, c: Context<AppEnv>): Issue[] {
  if (c.get("caller").keyType === "secret") return [];
  return Object.keys(body)
    .filter((member) => !PUBLIC_MEMBERS.has(member))
    .map((member) => ({ path: writePath([member]), code: "unrecognized_key", message: "needs a secret key" }));
}
