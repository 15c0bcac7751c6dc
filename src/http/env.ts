import type { Mode } from "../domain/mode.ts";
import type { Issue } from "../domain/rejection.ts";
import type { PaymentShardApi, ShardAddress } from "../durable/shard-api.ts";
import type { Scope } from "./scopes.ts";

/** Who calls, as the credential says it and nothing else. */
export interface Caller {
  /** `key_…` */
  keyId: string;
  keyType: "secret" | "publishable";
  merchantId: string;
  /** `merchants.number`: leads the read model's indexes. */
  merchantNumber: number;
  mode: Mode;
  /** Null: all. */
  scopes: readonly Scope[] | null;
  /** Whether live mode takes raw card numbers. */
  rawCards: boolean;
  /** Payment shards of the merchant, a mode. */
  shards: number;
}

/** Opens a payment's shard: a fresh stub each time, since a stub can be left broken by an error. */
export type ShardDoor = (env: Env, address: ShardAddress) => PaymentShardApi;

export interface AppEnv {
  Bindings: Env;
  /** Read them with `c.get`: each use of `c.var` builds an object of all of them, twenty times a request. */
  Variables: {
    requestId: string;
    /** Only behind `requireKey`. */
    caller: Caller;
    openShard: ShardDoor;
    /** Milliseconds by stage, for `Server-Timing` and the log. */
    stages: Map<string, number>;
    /** Only behind `takeIdempotencyKey`; null where none was sent. */
    idempotencyKey?: string | null;
    /** The parsed body, before any default; only behind `readJson`. */
    body: unknown;
    /** What the strict reading found, to be answered together with the schema's problems. */
    bodyIssues: readonly Issue[];
  };
}
