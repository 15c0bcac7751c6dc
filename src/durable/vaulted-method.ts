import type { PaymentMethodView } from "../domain/payment/details.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { ShardContext } from "./commands.ts";
import type { MethodInput } from "./shard-api.ts";
import { noSuchMethod, openVault, type VaultedCard, type VaultedMethod } from "./vault-api.ts";

/** A vault that does not answer must not hold a payment for longer; what is left to do there ends by its own clock. */
const PATIENCE_MS = 1_000;

/** A token in the hands of one payment. Neither method throws. */
export interface TakenToken {
  /** When its card was given to us, ms since 1970. */
  created: number;
  /** This shard holds the card now. */
  spend: () => Promise<void>;
  /** The payment was refused. */
  release: () => Promise<void>;
}

export type ResolvedMethod =
  | { ok: true; method: MethodInput | null; token: TakenToken | null }
  | { ok: false; rejection: Rejection };

/** The method itself, for a request that may only name it. A card that the request brings costs no call. */
export async function resolveMethod(
  context: ShardContext,
  wanted: MethodInput | VaultedMethod | null,
  { paymentId, customerId }: { paymentId: string; customerId: string | null },
): Promise<ResolvedMethod> {
  if (wanted === null || !("vaulted" in wanted)) return { ok: true, method: wanted, token: null };
  const id = wanted.vaulted;
  const vault = openVault(context.env, context.address.get(), id);
  if (id.startsWith("pm_")) {
    const saved = customerId === null ? null : await askTwice(() => vault.readMethod(id, customerId));
    return saved === null ? unknown("id") : found(saved, null);
  }
  const taken = await askTwice(() => vault.takeToken(id, paymentId));
  if (taken === null) return unknown("token");
  if (taken === "unavailable") return found(taken, null);
  return found(taken, {
    created: taken.created,
    spend: () => quietly("spend", paymentId, () => vault.spendToken(id, paymentId)),
    release: () => quietly("release", paymentId, () => vault.releaseToken(id, paymentId)),
  });
}

/** What the method shows, for a decision that is only rehearsed. */
export async function previewMethod(
  context: ShardContext,
  owner: Parameters<typeof openVault>[1],
  wanted: MethodInput | VaultedMethod | null,
  customerId: string | null,
): Promise<ResolvedMethod> {
  if (wanted === null || !("vaulted" in wanted)) return { ok: true, method: wanted, token: null };
  const id = wanted.vaulted;
  const vault = openVault(context.env, owner, id);
  if (id.startsWith("tok_")) {
    const view = await askTwice(() => vault.peekToken(id));
    return view === null ? unknown("token") : shown(view);
  }
  const saved = customerId === null ? null : await askTwice(() => vault.readMethod(id, customerId));
  return saved === null ? unknown("id") : shown(saved === "unavailable" ? saved : saved.view);
}

function found(card: VaultedCard | "unavailable", token: TakenToken | null): ResolvedMethod {
  return card === "unavailable" ? unavailable() : { ok: true, method: { view: card.view, card: card.card }, token };
}

function shown(view: PaymentMethodView | "unavailable"): ResolvedMethod {
  return view === "unavailable" ? unavailable() : { ok: true, method: { view, card: null }, token: null };
}

function unavailable(): ResolvedMethod {
  return { ok: false, rejection: { code: "unavailable", message: "The vault does not answer." } };
}

function unknown(kind: "token" | "id"): ResolvedMethod {
  return { ok: false, rejection: noSuchMethod(kind) };
}

/** The vault's methods may be repeated. After two failures the merchant may: nothing was stored here yet. */
async function askTwice<T>(ask: () => Promise<T>): Promise<T | "unavailable"> {
  try {
    return await ask().catch(ask);
  } catch (error) {
    console.error(JSON.stringify({ event: "vault_failed", reason: String(error) }));
    return "unavailable";
  }
}

async function quietly(step: string, payment: string, work: () => Promise<void>): Promise<void> {
  const done = work().catch((error: unknown) => {
    console.error(JSON.stringify({ event: "vault_failed", step, payment, reason: String(error) }));
  });
  await Promise.race([done, scheduler.wait(PATIENCE_MS)]);
}
