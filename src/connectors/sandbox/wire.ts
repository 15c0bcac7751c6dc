/**
 * The sandbox processor's own format: what crosses HTTP between the connector and the processor. Deliberately unlike
 * ours, so that the connector has the same work to do as with a stranger's.
 */

/** `sale` takes at once, `hold` reserves, `check` only asks; `finish` reports on an answered challenge. */
export type WireOp = "sale" | "hold" | "check" | "finish" | "take" | "release" | "return";

/** `POST /v1/txn` */
export interface WireRequest {
  op: WireOp;
  /** Names the operation: the processor does it once. */
  key: string;
  /** The account, and the order it sells: how everything is found again. */
  shop: string;
  order: string;
  /** Minor units. */
  amt: number;
  /** ISO 4217, upper case. */
  ccy: string;
  src?: WireSource;
  /** Whether the shopper is to be challenged. */
  sca: "auto" | "must" | "never";
  /** Where the shopper goes after a challenge. */
  back: string;
  /** The sale, hold or check that this follows, by the processor's id or by the key that made it. */
  of?: { txn: string | null; key: string };
  profile: WireProfile;
}

export type WireSource =
  | { kind: "card"; pan: string; exp: string; cvc: string | null }
  | { kind: "redirect"; via: string };

/** How the account behaves. A real processor would know; this one is told with every request. */
export interface WireProfile {
  /** The account that every merchant starts with. */
  primary: boolean;
  latency_ms: number;
  decline_rate: number;
  error_rate: number;
  timeout_rate: number;
  dup_rate: number;
  seed: number;
  /** Whether a key that was seen before gets the first result again. */
  dedupe: boolean;
  hooks: boolean;
  hook_secret: string | null;
}

/** `POST /v1/inquiry`. Moves no money. */
export interface WireInquiry {
  key: string;
  shop: string;
  order: string;
  /** Withdraws a key that is not known, so that "never heard of it" stays true when it arrives after all. */
  withdraw: boolean;
}

export type WireResult = "OK" | "NO" | "WAIT" | "ASK" | "NONE" | "ERR";

export interface WireAnswer {
  res: WireResult;
  op?: WireOp;
  key?: string;
  order?: string;
  /** The processor's id. */
  txn?: string;
  amt?: number;
  ccy?: string;
  /** Of a NO: why. */
  why?: string;
  /** Of an ASK: where the shopper has to go. */
  go?: string;
  /** Of a `hold`: when it lapses, unix milliseconds. */
  lapses?: number;
  /** Of a NONE: the key was withdrawn and will never be executed. */
  withdrawn?: boolean;
  /** Of an ERR; `done: false` promises that nothing was executed. */
  fault?: string;
  done?: boolean;
}

/** What it posts to `/webhooks/{ca_…}`: the answer as it would be now, and the message's id. */
export interface WireHook extends WireAnswer {
  msg: string;
}
