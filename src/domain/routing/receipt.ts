/** Why each attempt went where it went, with what it was decided from, so that anybody can decide it again. */
import { canonicalJson } from "../canonical-json.ts";
import { isoTime } from "../payment/present.ts";
import type { PaymentState } from "../payment/state.ts";
import type { RoutingConfig } from "./config.ts";
import { type AccountFacts, decideRoute, HEALTH_REASONS, type RouteDecision, type RouteFacts } from "./decide-route.ts";
import type { RoutePlan, RouteTrace, TracedAccount } from "./plan.ts";

export interface Receipt {
  paymentId: string;
  /** `rt_…`; null: no configuration played a part. */
  configVersion: string | null;
  attempts: AttemptReceipt[];
  /** What was known then. `accounts` in the order of their creation; `counts` are [approved, outcomes], widest segment first. */
  facts: Pick<RouteFacts, "connector" | "fields" | "accounts">;
  /** The version's document; null without one. */
  config: RoutingConfig | null;
}

export interface AttemptReceipt extends DecisionReceipt {
  /** Null where nothing was tried: a simulation. */
  attemptId: string | null;
  /** The account's label. */
  connector: string;
  status: string;
  /** Why this one of the candidates. */
  reason: string;
  created: string | null;
  configVersion: string | null;
}

/** The decision, by labels. A cascade follows it, so all attempts of a payment share it. */
export interface DecisionReceipt {
  rule: string;
  /** Null: the default, or none. */
  ruleIndex: number | null;
  /** In the order in which they are tried. `probability`: of being first, over all payments like this one. */
  candidates: { id: string; connector: string; probability: number; score: number | null }[];
  /** Why each of the others was left out. */
  excluded: { id: string | null; connector: string; reason: string }[];
  scores: Record<string, number>;
  /** `value` is drawn from `seed`. */
  draws: { purpose: string; seed: string; value: number }[];
  maxAttempts: number;
}

/** `config`: the document of the plan's version. Null where the payment was not routed yet. */
export function writeReceipt(state: PaymentState, config: RoutingConfig | null): Receipt | null {
  const { plan, id } = state;
  if (plan === null) return null;
  const decision = receiptOfPlan(id, plan);
  const configVersion = plan.trace?.version ?? null;
  const attempts = state.attempts.map((attempt, index): AttemptReceipt => {
    const before = state.attempts[index - 1];
    const failure = before?.error === undefined || before.error === null ? "" : `: ${before.error.category}`;
    const reason =
      before === undefined
        ? "the first candidate"
        : `the next candidate, after ${before.account.label} failed${failure}`;
    const created = isoTime(attempt.created);
    const { id: attemptId, status } = attempt;
    return { attemptId, connector: attempt.account.label, status, reason, created, configVersion, ...decision };
  });
  return { paymentId: id, configVersion, attempts, facts: factsOf(plan, state.details.connector ?? null), config };
}

/** What would be decided: one attempt that was not made. */
export function writeSimulation(
  payment: { id: string; connector: string | null },
  plan: RoutePlan,
  config: RoutingConfig | null,
): Receipt {
  const configVersion = plan.trace?.version ?? null;
  const planned = { attemptId: null, status: "planned", reason: "the first candidate", created: null, configVersion };
  const connector = plan.candidates[0]?.label ?? "";
  return {
    paymentId: payment.id,
    configVersion,
    attempts: [{ ...planned, connector, ...receiptOfPlan(payment.id, plan) }],
    facts: factsOf(plan, payment.connector),
    config: configVersion === null ? null : config,
  };
}

function receiptOfPlan(paymentId: string, plan: RoutePlan): DecisionReceipt {
  const traced = new Map(plan.trace?.accounts.map((account) => [account.id, account]));
  const first = plan.candidates[0]?.id;
  // Without a trace there was nothing to draw or to compare: the first is certain.
  const shareOf = (id: string) => (plan.trace === undefined ? Number(id === first) : (traced.get(id)?.share ?? 0));
  return {
    rule: plan.rule,
    ruleIndex: plan.trace?.rule ?? null,
    candidates: plan.candidates.map(({ id, label }) => {
      return { id, connector: label, probability: shareOf(id), score: traced.get(id)?.score ?? null };
    }),
    excluded: plan.excluded.map(({ id, label, reason }) => ({ id: id ?? null, connector: label, reason })),
    scores: scoresByLabel(plan, traced),
    draws: Object.entries(plan.trace?.draws ?? {}).map(([purpose, value]) => ({
      purpose,
      seed: `${paymentId} ${purpose}`,
      value,
    })),
    maxAttempts: plan.maxAttempts,
  };
}

function scoresByLabel({ candidates }: RoutePlan, traced: ReadonlyMap<string, TracedAccount>): Record<string, number> {
  const scored = candidates.flatMap(({ id, label }) => {
    const score = traced.get(id)?.score;
    return score === undefined ? [] : [[label, score] as const];
  });
  return Object.fromEntries(scored);
}

function factsOf(plan: RoutePlan, connector: string | null): Receipt["facts"] {
  const excluded = plan.excluded.flatMap(({ id, label, reason }): AccountFacts[] => {
    if (id === undefined) return [];
    const isHealth = reason === HEALTH_REASONS.open || reason === HEALTH_REASONS.halfOpen;
    return [{ id, label, processor: "", releasesRest: false, barred: isHealth ? null : reason }];
  });
  const all = [...plan.candidates.map((account): AccountFacts => ({ ...account, barred: null })), ...excluded];
  const traced = plan.trace?.accounts;
  const inOrder = traced === undefined ? all : traced.flatMap((fact) => withFacts(all, fact));
  return { connector, fields: plan.trace?.fields ?? {}, accounts: inOrder };
}

function withFacts(all: readonly AccountFacts[], { id, circuit, counts }: TracedAccount): AccountFacts[] {
  const account = all.find((each) => each.id === id);
  if (account === undefined) return [];
  return [{ ...account, ...(circuit === undefined ? {} : { circuit }), ...(counts === undefined ? {} : { counts }) }];
}

/** Who came into question, and how probably each was first: what a back-test weighs. */
export function recordedAccounts(plan: RoutePlan): (AccountFacts & { share: number })[] {
  const shares = new Map(plan.trace?.accounts.map(({ id, share }) => [id, share ?? 0]));
  const certain = plan.trace === undefined ? plan.candidates[0]?.id : undefined;
  // Counts are not wanted: a back-test learns its own.
  const { accounts } = factsOf(plan.trace === undefined ? plan : withoutCounts(plan, plan.trace), null);
  return accounts.map((account) => ({ ...account, share: shares.get(account.id) ?? Number(account.id === certain) }));
}

function withoutCounts(plan: RoutePlan, trace: RouteTrace): RoutePlan {
  const accounts = trace.accounts.map(({ id, circuit }) => ({ id, ...(circuit === undefined ? {} : { circuit }) }));
  return { ...plan, trace: { ...trace, accounts } };
}

export interface Difference {
  path: string;
  recorded: unknown;
  computed: unknown;
}

/** Decides again from the receipt's facts and configuration. Empty: equal. Throws nothing on a well-formed receipt. */
export function verifyReceipt(receipt: Receipt): Difference[] {
  const { paymentId, facts, config, configVersion } = receipt;
  if (configVersion !== null && config === null) {
    return [{ path: "config", recorded: null, computed: `the document of ${configVersion} is missing` }];
  }
  const computed = receiptOfDecision(paymentId, decideRoute({ paymentId, ...facts, config }));
  return receipt.attempts.flatMap((attempt, index) => {
    const path = `attempts[${index}]`;
    const place = computed.candidates[index]?.connector;
    const differences = compare(computed, attempt, path);
    const isInTurn = attempt.connector === place && index < computed.maxAttempts;
    return isInTurn
      ? differences
      : [...differences, { path: `${path}.connector`, recorded: attempt.connector, computed: place }];
  });
}

function receiptOfDecision(paymentId: string, decision: RouteDecision): DecisionReceipt {
  const { rule, candidates, excluded, scores, shares, draws, maxAttempts } = decision;
  const labels = new Map(candidates.map(({ id, label }) => [id, label]));
  return {
    rule: rule.name,
    ruleIndex: rule.index,
    candidates: candidates.map(({ id, label }) => {
      const probability = Math.round((shares.get(id) ?? 0) * 1e6) / 1e6;
      return { id, connector: label, probability, score: scores.get(id) ?? null };
    }),
    excluded: excluded.map(({ id, label, reason }) => ({ id: id ?? null, connector: label, reason })),
    scores: Object.fromEntries([...scores].map(([id, score]) => [labels.get(id) ?? id, score])),
    draws: Object.entries(draws).map(([purpose, value]) => ({ purpose, seed: `${paymentId} ${purpose}`, value })),
    maxAttempts,
  };
}

const COMPARED = ["rule", "ruleIndex", "candidates", "excluded", "scores", "draws", "maxAttempts"] as const;

function compare(computed: DecisionReceipt, recorded: DecisionReceipt, path: string): Difference[] {
  return COMPARED.filter((name) => canonicalJson(computed[name]) !== canonicalJson(recorded[name])).map((name) => {
    return { path: `${path}.${name}`, recorded: recorded[name], computed: computed[name] };
  });
}
