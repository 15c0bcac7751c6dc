/** What crosses the RPC boundary to a merchant's vault: plain values only, and never a thrown refusal. */
import type { Owner, PaymentMethodView } from "../domain/payment/details.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { RevealedCard } from "../vault/card.ts";

/** Of each merchant and mode. Part of the objects' names: a change would lose what they hold. */
const VAULTS = 4;

/** What a request names as its method where it does not bring it: `tok_…` or `pm_…`. */
export interface VaultedMethod {
  vaulted: string;
}

export interface NewToken {
  /** `tok_…`: random, or from the idempotency key. */
  id: string;
  view: PaymentMethodView;
  card: RevealedCard;
  /** Of the request, where it has an idempotency key. */
  fingerprint: string | null;
}

export type TokenReply =
  | { ok: true; view: PaymentMethodView; expires: number; replayed: boolean }
  | { ok: false; rejection: Rejection };

export interface SavedMethod {
  /** `pm_…` */
  id: string;
  customerId: string;
  usage: "off_session" | "on_session";
  /** The payment that proved it. */
  paymentId: string;
  view: PaymentMethodView;
  card: RevealedCard;
}

export interface VaultedCard {
  view: PaymentMethodView;
  card: RevealedCard;
  /** When it was given to us, ms since 1970: its CVC's time runs from there. */
  created: number;
}

/** The methods of a vault. All of them may be repeated. */
export interface VaultApi {
  makeToken(token: NewToken): Promise<TokenReply>;
  /** What a token shows, without taking it; null where there is none that could be taken. */
  peekToken(id: string): Promise<PaymentMethodView | null>;
  /** Takes a token for one payment, and for no other from then on. Null: unknown, expired or another payment's. */
  takeToken(id: string, paymentId: string): Promise<VaultedCard | null>;
  /** The payment holds the card now: the token's own copy is destroyed. */
  spendToken(id: string, paymentId: string): Promise<void>;
  /** The payment was refused and holds nothing: another one may take the token. Once for each time it was taken. */
  releaseToken(id: string, paymentId: string): Promise<void>;
  saveMethod(method: SavedMethod): Promise<void>;
  /** Null: unknown, or another customer's. */
  readMethod(id: string, customerId: string): Promise<VaultedCard | null>;
}

/** The object that keeps this token or saved method. Its name holds the owner: another's ids lead nowhere. */
export function openVault(env: Env, { merchantId, mode }: Owner, id: string): VaultApi {
  const draw = id.charCodeAt(id.indexOf("_") + 1);
  return env.VAULT.getByName(`${merchantId}:${mode}:${draw % VAULTS}`);
}

/** Unknown, expired, used and another's look the same. */
export function noSuchMethod(kind: "token" | "id"): Rejection {
  const path = `paymentMethod.${kind}`;
  const message = kind === "token" ? "there is no such token" : "there is no such saved method";
  return {
    code: "parameter_invalid",
    message: `${path}: ${message}.`,
    param: path,
    issues: [{ path, code: "custom", message }],
  };
}
