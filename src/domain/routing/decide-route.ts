/** The decision itself: from plain facts to an order. Whoever has the facts can make it again. */
import type { AccountRef } from "../payment/events.ts";
import { connectorsOf, DEFAULT_EXPLORE, DEFAULT_MAX_ATTEMPTS, type RoutingConfig, type Use } from "./config.ts";
import { draw } from "./draw.ts";
import type { FieldValue } from "./fields.ts";
import { matchRule } from "./match.ts";
import type { CircuitFact } from "./plan.ts";
import { expectedRate, type SegmentCounts } from "./segment.ts";

export interface AccountFacts extends AccountRef {
  /** What it cannot do for this payment; null: it can take it. */
  barred: string | null;
  circuit?: CircuitFact;
  counts?: SegmentCounts;
}

export interface RouteFacts {
  paymentId: string;
  /** The account that the request named. */
  connector: string | null;
  config: RoutingConfig | null;
  fields: Record<string, FieldValue>;
  /** In the order of their creation. */
  accounts: readonly AccountFacts[];
}

export interface RouteDecision {
  rule: { index: number | null; name: string };
  candidates: readonly AccountFacts[];
  excluded: { id?: string; label: string; reason: string }[];
  maxAttempts: number;
  /** By account id, where `bestRate` compared. */
  scores: ReadonlyMap<string, number>;
  /** By account id: the probability of being first, over all payments like this one. They add up to 1. */
  shares: ReadonlyMap<string, number>;
  draws: Record<string, number>;
}

/** A use with its accounts found. */
interface Listed {
  use: Use;
  /** Seeds of different lists draw apart. */
  name: string;
  accounts: readonly AccountFacts[];
}

/** Half-open accounts beyond this many at once count as not drawn: each one doubles the cases. */
const MAX_CANARIES = 4;

export function decideRoute(facts: RouteFacts): RouteDecision {
  const { lists, rule, unknown } = listsOf(facts);
  const considered = [...new Set(lists.flatMap(({ accounts }) => accounts))];
  const excluded = [...unknown];
  const draws: Record<string, number> = {};
  const scores = new Map<string, number>();
  const able = considered.filter(({ barred }) => barred === null);
  const well = able.filter((account) => isWell(account, facts.paymentId, draws));
  // Health never refuses money by itself: where nobody is well, everybody is asked.
  const admitted = new Set(well.length > 0 ? well : able);
  for (const account of considered) {
    if (!admitted.has(account)) excluded.push(exclusion(account));
  }
  const candidates = new Set<AccountFacts>();
  for (const list of lists) {
    for (const account of order(list, admitted, { paymentId: facts.paymentId, draws, scores })) candidates.add(account);
  }
  const maxAttempts = facts.config?.retry?.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
  return { rule, candidates: [...candidates], excluded, maxAttempts, scores, shares: sharesOf(lists, able), draws };
}

/** The lists that a payment walks: the rule's, then the default's; or only the account that the request names. */
function listsOf({ connector, config, fields, accounts }: RouteFacts) {
  const unknown: RouteDecision["excluded"] = [];
  const find = (use: Use, name: string): Listed => {
    const found = new Set<AccountFacts>();
    for (const wanted of connectorsOf(use)) {
      const account = accounts.find(({ id }) => id === wanted) ?? accounts.find(({ label }) => label === wanted);
      if (account !== undefined) found.add(account);
      else if (!unknown.some(({ label }) => label === wanted))
        unknown.push({ label: wanted, reason: "unknown connector" });
    }
    return { use, name, accounts: [...found] };
  };
  if (connector !== null) {
    const lists = [find({ priority: [connector] }, "request")];
    return { lists, unknown, rule: { index: null, name: "named by the request" } };
  }
  const fallback = find(config?.default ?? { priority: accounts.map(({ id }) => id) }, "default");
  const matched = config === null ? null : matchRule(config, (name) => fields[name]);
  if (matched === null) {
    const name = config?.default === undefined ? "default: accounts in the order of their creation" : "default";
    return { lists: [fallback], unknown, rule: { index: null, name } };
  }
  const { index, rule } = matched;
  const lists = [find(rule.use, `rule ${index}`), fallback];
  return { lists, unknown, rule: { index, name: rule.name ?? `rule ${index}` } };
}

/** Draws for an account that is half open. */
function isWell({ id, circuit }: AccountFacts, paymentId: string, draws: Record<string, number>): boolean {
  if (circuit === undefined) return true;
  if (circuit === "open") return false;
  return drawn(paymentId, `canary ${id}`, draws) < circuit.canary;
}

/** Reasons of health, as against those of capability. */
export const HEALTH_REASONS = { open: "circuit open", halfOpen: "circuit half open, and this payment is no canary" };

function exclusion({ id, label, barred, circuit }: AccountFacts) {
  return { id, label, reason: barred ?? (circuit === "open" ? HEALTH_REASONS.open : HEALTH_REASONS.halfOpen) };
}

function drawn(paymentId: string, purpose: string, draws: Record<string, number>): number {
  const value = draw(`${paymentId} ${purpose}`);
  draws[purpose] = value;
  return value;
}

interface Drawing {
  paymentId: string;
  draws: Record<string, number>;
  scores: Map<string, number>;
}

function order(list: Listed, admitted: ReadonlySet<AccountFacts>, drawing: Drawing): AccountFacts[] {
  const accounts = list.accounts.filter((account) => admitted.has(account));
  if ("priority" in list.use || accounts.length === 0) return accounts;
  return "split" in list.use ? orderSplit(list, accounts, drawing) : orderByRate(list, accounts, drawing);
}

/** The one drawn, then the rest by weight. */
function orderSplit(list: Listed, accounts: AccountFacts[], { paymentId, draws }: Drawing): AccountFacts[] {
  const byWeight = accounts.toSorted((a, b) => weightOf(list.use, b) - weightOf(list.use, a));
  if (accounts.length === 1) return accounts;
  const shares = splitShares(list.use, accounts);
  let left = drawn(paymentId, `split ${list.name}`, draws);
  const first = accounts.find((_, index) => (left -= shares[index] ?? 0) < 0) ?? byWeight[0];
  return first === undefined ? byWeight : [first, ...byWeight.filter((account) => account !== first)];
}

/** The one expected to be best, or the one drawn where this payment explores; then the rest by expectation. */
function orderByRate(list: Listed, accounts: AccountFacts[], { paymentId, draws, scores }: Drawing): AccountFacts[] {
  for (const { id, counts } of accounts) scores.set(id, expectedRate(counts ?? []));
  const byScore = accounts.toSorted((a, b) => (scores.get(b.id) ?? 0) - (scores.get(a.id) ?? 0));
  if (accounts.length === 1 || drawn(paymentId, `explore ${list.name}`, draws) >= exploreOf(list.use)) return byScore;
  const place = Math.floor(drawn(paymentId, `arm ${list.name}`, draws) * accounts.length);
  const first = accounts[place];
  return first === undefined ? byScore : [first, ...byScore.filter((account) => account !== first)];
}

function exploreOf(use: Use): number {
  return "bestRate" in use ? (use.bestRate.explore ?? DEFAULT_EXPLORE) : 0;
}

function weightOf(use: Use, { id, label }: AccountFacts): number {
  if (!("split" in use)) return 0;
  const shares = use.split.filter(({ connector }) => connector === id || connector === label);
  return shares.reduce((sum, { weight }) => sum + weight, 0);
}

/** Of those that are left; equal where their weights are all nothing. */
function splitShares(use: Use, accounts: readonly AccountFacts[]): number[] {
  const weights = accounts.map((account) => weightOf(use, account));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (total > 0 ? weight / total : 1 / accounts.length));
}

/** Over both what the canaries and what the list could have drawn. */
function sharesOf(lists: readonly Listed[], able: readonly AccountFacts[]): Map<string, number> {
  const shares = new Map<string, number>();
  const canaries = able.filter(({ circuit }) => typeof circuit === "object").slice(0, MAX_CANARIES);
  for (let chosen = 0; chosen < 2 ** canaries.length; chosen++) {
    const isIn = (account: AccountFacts) => (chosen & (1 << canaries.indexOf(account))) !== 0;
    const probability = canaries.reduce((product, account) => product * canaryChance(account, isIn(account)), 1);
    const well = able.filter(
      (account) => account.circuit === undefined || (canaries.includes(account) && isIn(account)),
    );
    for (const [id, share] of firstShares(lists, new Set(well.length > 0 ? well : able))) {
      shares.set(id, (shares.get(id) ?? 0) + probability * share);
    }
  }
  return shares;
}

function canaryChance({ circuit }: AccountFacts, isIn: boolean): number {
  const share = typeof circuit === "object" ? circuit.canary : 0;
  return isIn ? share : 1 - share;
}

function firstShares(lists: readonly Listed[], admitted: ReadonlySet<AccountFacts>): [id: string, share: number][] {
  for (const { use, accounts } of lists) {
    const left = accounts.filter((account) => admitted.has(account));
    const [first] = left;
    if (first === undefined) continue;
    if ("priority" in use) return [[first.id, 1]];
    if ("split" in use) return splitShares(use, left).map((share, index) => [left[index]?.id ?? "", share]);
    const explore = left.length === 1 ? 0 : exploreOf(use);
    const rates = left.map(({ counts }) => expectedRate(counts ?? []));
    const best = rates.indexOf(Math.max(...rates));
    return left.map(({ id }, index) => [id, explore / left.length + (index === best ? 1 - explore : 0)]);
  }
  return [];
}
