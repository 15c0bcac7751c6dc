import type { AccountRef } from "../payment/events.ts";
import type { PaymentDetails, PaymentMethodView } from "../payment/details.ts";
import { connectorsOf, type RoutingConfig, type RoutingVersion } from "./config.ts";
import { type AccountFacts, decideRoute, type RouteDecision, type RouteFacts } from "./decide-route.ts";
import { type FieldValue, readField } from "./fields.ts";
import { fieldsUsed } from "./match.ts";
import type { CircuitFact, RoutePlan, TracedAccount } from "./plan.ts";
import { type SegmentCounts, segmentsOf } from "./segment.ts";

/** A connector account as routing sees it: who it is and what it can do, without its credentials. */
export interface Candidate extends AccountRef {
  enabled: boolean;
  currencies: readonly string[] | "*";
  methods: readonly string[];
  captureMethods: readonly string[];
  threeDs: boolean;
  zeroAmount: boolean;
}

type Abilities = Omit<Candidate, keyof AccountRef | "enabled"> & Pick<AccountRef, "releasesRest">;

export function candidateOf(
  { id, label, connector, enabled }: { id: string; label: string; connector: string; enabled: boolean },
  { currencies, methods, captureMethods, threeDs, zeroAmount, releasesRest }: Abilities,
): Candidate {
  return {
    id,
    label,
    processor: connector,
    releasesRest,
    enabled,
    currencies,
    methods,
    captureMethods,
    threeDs,
    zeroAmount,
  };
}

/** What has been learned about accounts, as this machine knows it. Answers from memory. */
export interface Knowledge {
  /** Null where its circuit is closed. */
  circuit(accountId: string): CircuitFact | null;
  /** For each of the segments, in their order. */
  counts(accountId: string, segments: readonly string[]): SegmentCounts;
}

export interface RouteRequest {
  paymentId: string;
  details: PaymentDetails;
  method: PaymentMethodView;
  /** In the order of their creation. */
  accounts: readonly Candidate[];
  routing: RoutingVersion | null;
  knowledge: Knowledge;
}

/** Pure: the same request and knowledge give the same plan, which tells what it was made of. */
export function choose(request: RouteRequest): RoutePlan {
  const facts = gatherFacts(request);
  return planFrom(request, facts, decideRoute(facts));
}

function gatherFacts({ paymentId, details, method, accounts, routing, knowledge }: RouteRequest): RouteFacts {
  // A request that names its connector skips the configuration.
  const config = details.connector === undefined ? (routing?.config ?? null) : null;
  const fields: Record<string, FieldValue> = {};
  for (const name of config === null ? [] : fieldsUsed(config)) {
    const value = readField(name, details, method);
    if (value !== undefined) fields[name] = value;
  }
  const learns = config !== null && usesRates(config);
  const segments = learns ? segmentsOf(details, method) : [];
  const known = accounts.map((account): AccountFacts => {
    const { id, label, processor, releasesRest } = account;
    const circuit = knowledge.circuit(id);
    return {
      ...{ id, label, processor, releasesRest },
      barred: whyNot(account, details, method),
      ...(circuit === null ? {} : { circuit }),
      ...(learns ? { counts: knowledge.counts(id, segments) } : {}),
    };
  });
  return { paymentId, connector: details.connector ?? null, config, fields, accounts: known };
}

function usesRates({ rules = [], default: fallback }: RoutingConfig): boolean {
  return (fallback !== undefined && "bestRate" in fallback) || rules.some(({ use }) => "bestRate" in use);
}

function planFrom({ routing }: RouteRequest, facts: RouteFacts, decision: RouteDecision): RoutePlan {
  const plan: RoutePlan = {
    rule: decision.rule.name,
    candidates: decision.candidates.map(({ id, label, processor, releasesRest }) => ({
      id,
      label,
      processor,
      releasesRest,
    })),
    excluded: decision.excluded,
    maxAttempts: decision.maxAttempts,
  };
  if (facts.config === null && facts.accounts.every(({ circuit }) => circuit === undefined)) return plan;
  const traced = facts.accounts.filter(({ id, label }) => isNamedIn(facts, id, label, decision.rule.index));
  return {
    ...plan,
    trace: {
      version: facts.config === null ? null : (routing?.id ?? null),
      rule: decision.rule.index,
      fields: facts.fields,
      accounts: traced.map((account) => trace(account, decision)),
      draws: decision.draws,
    },
  };
}

/** Whether the account came into question. */
function isNamedIn({ config, connector }: RouteFacts, id: string, label: string, rule: number | null): boolean {
  if (connector !== null) return connector === id || connector === label;
  if (config?.default === undefined) return true;
  const use = rule === null ? undefined : config.rules?.[rule]?.use;
  const names = [...(use === undefined ? [] : connectorsOf(use)), ...connectorsOf(config.default)];
  return names.includes(id) || names.includes(label);
}

function trace({ id, circuit, counts }: AccountFacts, { shares, scores }: RouteDecision): TracedAccount {
  const share = shares.get(id) ?? 0;
  const score = scores.get(id);
  return {
    id,
    ...(share === 0 ? {} : { share: Math.round(share * 1e6) / 1e6 }),
    ...(circuit === undefined ? {} : { circuit }),
    ...(score === undefined || counts === undefined ? {} : { counts, score }),
  };
}

/** The first capability that the account lacks for this payment; null where it can take it. */
function whyNot(account: Candidate, details: PaymentDetails, method: PaymentMethodView): string | null {
  if (!account.enabled) return "disabled";
  if (account.currencies !== "*" && !account.currencies.includes(details.currency)) return `no ${details.currency}`;
  if (!account.methods.includes(method.type)) return `no ${method.type}`;
  if (!account.captureMethods.includes(details.captureMethod)) return `no ${details.captureMethod} capture`;
  if (details.amount === 0 && !account.zeroAmount) return "no verification without an amount";
  if (details.authentication?.threeDs === "force" && !account.threeDs) return "no 3DS";
  return null;
}
