/** A routing configuration as the merchant writes it and as versions keep it. */

export const OPERATORS = ["eq", "ne", "lt", "lte", "gt", "gte", "in", "nin", "prefix"] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Comparison {
  field: string;
  op: Operator;
  value: string | number | readonly (string | number)[];
}

/** `{}` holds always. */
export type Condition =
  | Record<string, never>
  | { all: readonly Condition[] }
  | { any: readonly Condition[] }
  | { not: Condition }
  | Comparison;

export interface Share {
  connector: string;
  /** A share of the sum of the weights of those that can take the payment. */
  weight: number;
}

/** Whom to use. Connector accounts are named by id or label. */
export type Use =
  | { priority: readonly string[] }
  | { split: readonly Share[] }
  /** `explore`: the share of payments that go to one of them by the draw alone. */
  | { bestRate: { connectors: readonly string[]; explore?: number } };

export interface Rule {
  name?: string;
  /** Absent: always. */
  when?: Condition;
  use: Use;
}

/** Kept as it was written; what is absent has the defaults below. */
export interface RoutingConfig {
  rules?: readonly Rule[];
  /** Absent: every account, in the order of creation. */
  default?: Use;
  retry?: { maxAttempts?: number };
}

export interface RoutingVersion {
  /** `rt_…` */
  id: string;
  /** From 1. */
  version: number;
  config: RoutingConfig;
}

export const DEFAULT_MAX_ATTEMPTS = 3;
export const DEFAULT_EXPLORE = 0.05;

export const LIMITS = {
  rules: 100,
  nameLength: 100,
  /** Levels of `all`, `any` and `not`. */
  depth: 8,
  /** Comparisons and groups of one rule. */
  conditions: 200,
  /** Of `in` and `nin`. */
  values: 500,
  valueLength: 500,
  connectors: 20,
  weight: 1_000_000,
  maxAttempts: 10,
} as const;

export function isComparison(condition: Condition): condition is Comparison {
  return "field" in condition;
}

/** The names in `use`, in order. */
export function connectorsOf(use: Use): readonly string[] {
  if ("priority" in use) return use.priority;
  return "split" in use ? use.split.map(({ connector }) => connector) : use.bestRate.connectors;
}
