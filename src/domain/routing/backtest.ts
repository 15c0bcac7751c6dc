/**
 * What another configuration would have led to, estimated from decisions that were really taken. Each recorded decision
 * knows how probable its choice was; weighting it by how probable the other configuration makes the same choice gives an
 * unbiased estimate (inverse propensity, Horvitz and Thompson 1952), and dividing by the sum of the weights a steadier
 * one (self-normalised, Swaminathan and Joachims 2015).
 */
import type { AccountRef } from "../payment/events.ts";
import { type RoutingConfig, connectorsOf } from "./config.ts";
import { type AccountFacts, decideRoute } from "./decide-route.ts";
import type { FieldValue } from "./fields.ts";
import { segmentsFrom } from "./segment.ts";
import { applyObservation, emptyMemory, segmentCounts } from "./memory.ts";

/** A first attempt: what was known, who was chosen and how probably, and what came of it. */
export interface RecordedDecision {
  paymentId: string;
  /** ms since 1970 */
  at: number;
  fields: Record<string, FieldValue>;
  /** Who came into question, as it was then; `share` is the probability of being chosen. */
  accounts: (AccountFacts & { share: number })[];
  /** The account's id. */
  chosen: string;
  approved: boolean;
  /** Whether the processor caused the outcome: what `bestRate` learns from. */
  isCredited: boolean;
}

export interface Estimate {
  /** Null where the configuration never makes a choice that was recorded. */
  rate: number | null;
  low: number | null;
  high: number | null;
}

export interface BacktestReport {
  decisions: number;
  /** Of first attempts, as it was. */
  recordedRate: number | null;
  /** Self-normalised: the one to read. */
  estimate: Estimate;
  inversePropensity: Estimate;
  /** Of both intervals. */
  confidence: number;
  /** The share of the configuration's choices that the records can speak of: below 1, the estimate is about those alone. */
  coverage: number;
  /** How many equally weighted decisions would tell as much. */
  effectiveDecisions: number;
  /** The share of payments that would go to each account first, by label. */
  shares: Record<string, number>;
}

const CONFIDENCE = 0.98;
/** Standard errors on each side of a normal distribution's middle that hold 98 %. */
const DEVIATIONS = 2.3263;

/**
 * `decisions` in the order of time: `bestRate` knows at each of them what the earlier ones taught. `known`: today's
 * accounts, for those that the configuration names and no decision considered.
 */
export function backtest(
  config: RoutingConfig,
  decisions: readonly RecordedDecision[],
  known: readonly AccountRef[],
): BacktestReport {
  const sums = { w: 0, ww: 0, wr: 0, wwr: 0, wwrr: 0, approved: 0, covered: 0 };
  const shares = new Map<string, number>();
  const memory = emptyMemory();
  const named = accountsNamedBy(config, known);
  for (const decision of decisions) {
    const segments = segmentsFrom((name) => decision.fields[name]);
    const accounts = factsFor(decision, named).map((facts) => ({
      ...facts,
      counts: segmentCounts(memory, facts.id, segments),
    }));
    const { paymentId, fields, chosen, approved } = decision;
    const wanted = decideRoute({ paymentId, connector: null, config, fields, accounts }).shares;
    const recorded = new Map(decision.accounts.map(({ id, share }) => [id, share]));
    const weight = (wanted.get(chosen) ?? 0) / Math.max(recorded.get(chosen) ?? 1, 1e-6);
    const reward = approved ? 1 : 0;
    sums.w += weight;
    sums.ww += weight * weight;
    sums.wr += weight * reward;
    sums.wwr += weight * weight * reward;
    sums.wwrr += weight * weight * reward;
    sums.approved += reward;
    for (const [id, share] of wanted) {
      const label = accounts.find((account) => account.id === id)?.label ?? id;
      shares.set(label, (shares.get(label) ?? 0) + share);
      if ((recorded.get(id) ?? 0) > 0) sums.covered += share;
    }
    if (decision.isCredited) learn(memory, decision, segments);
  }
  const n = decisions.length;
  return {
    decisions: n,
    recordedRate: n === 0 ? null : rounded(sums.approved / n),
    estimate: selfNormalised(sums),
    inversePropensity: inversePropensity(sums, n),
    confidence: CONFIDENCE,
    coverage: n === 0 ? 0 : rounded(sums.covered / n),
    effectiveDecisions: sums.ww === 0 ? 0 : Math.round((sums.w * sums.w) / sums.ww),
    shares: Object.fromEntries([...shares].map(([label, share]) => [label, rounded(share / n)])),
  };
}

function learn(
  memory: ReturnType<typeof emptyMemory>,
  { chosen, at, approved }: RecordedDecision,
  segments: string[],
): void {
  const answer = approved ? "approved" : "declined";
  const credit = { segments, approved };
  applyObservation(memory, { account: chosen, region: "", at, answer, latencyMs: 0, credit });
}

function accountsNamedBy(config: RoutingConfig, known: readonly AccountRef[]): AccountFacts[] {
  const uses = [
    ...(config.rules ?? []).map(({ use }) => use),
    ...(config.default === undefined ? [] : [config.default]),
  ];
  const names = new Set(uses.flatMap((use) => connectorsOf(use)));
  const found =
    config.default === undefined ? known : known.filter(({ id, label }) => names.has(id) || names.has(label));
  return found.map(({ id, label, processor, releasesRest }) => ({ id, label, processor, releasesRest, barred: null }));
}

/** As it was then; what was not looked at then counts as able. */
function factsFor({ accounts }: RecordedDecision, named: readonly AccountFacts[]): AccountFacts[] {
  const seen = new Set(accounts.map(({ id }) => id));
  return [...accounts, ...named.filter(({ id }) => !seen.has(id))];
}

interface Sums {
  w: number;
  ww: number;
  wr: number;
  wwr: number;
  wwrr: number;
}

/** By the delta method, in Wilson's form, which stays within 0 and 1 and honest at the ends. */
function selfNormalised({ w, ww, wr, wwr, wwrr }: Sums): Estimate {
  if (w === 0) return { rate: null, low: null, high: null };
  const rate = Math.min(1, wr / w);
  const variance = (wwrr - 2 * rate * wwr + rate * rate * ww) / (w * w);
  const byWeights = (w * w) / ww;
  const n = variance > 0 && rate > 0 && rate < 1 ? Math.min(byWeights, (rate * (1 - rate)) / variance) : byWeights;
  const z2 = DEVIATIONS ** 2;
  const middle = (rate + z2 / (2 * n)) / (1 + z2 / n);
  const reach = (DEVIATIONS / (1 + z2 / n)) * Math.sqrt((rate * (1 - rate)) / n + z2 / (4 * n * n));
  return { rate: rounded(rate), low: rounded(Math.max(0, middle - reach)), high: rounded(Math.min(1, middle + reach)) };
}

function inversePropensity({ w, wr, wwrr }: Sums, n: number): Estimate {
  if (w === 0) return { rate: null, low: null, high: null };
  const rate = wr / n;
  const reach = DEVIATIONS * Math.sqrt(Math.max(0, wwrr / n - rate * rate) / n);
  return { rate: rounded(rate), low: rounded(rate - reach), high: rounded(rate + reach) };
}

function rounded(rate: number): number {
  return Math.round(rate * 1e4) / 1e4;
}
