/** What is wrong with a configuration that is well formed. */
import type { Issue } from "../rejection.ts";
import type { Candidate } from "./choose.ts";
import { type Condition, connectorsOf, type RoutingConfig, type Rule, type Use } from "./config.ts";
import { holds } from "./match.ts";
import { readConfig } from "./read-config.ts";
import { comparisonsOf, type Sample, samplesFor } from "./samples.ts";

export interface LintReport {
  /** Null where it cannot be used. */
  config: RoutingConfig | null;
  /** Each one refuses it. */
  issues: Issue[];
  /** Worth knowing; they refuse nothing. */
  warnings: Issue[];
}

/** Samples of all rules together, and of two: beyond that, only what is certain is told. */
const MAX_SAMPLES = 2_000;
/** Samples tried in all: some hundred milliseconds. A document at every limit would take many. */
const MAX_EFFORT = 40_000;

/** Everything that is wrong with what was sent, against the accounts that there are. `prefix` leads every path. */
export function lintRouting(input: unknown, accounts: readonly Candidate[], prefix = ""): LintReport {
  const { config, issues } = readConfig(input, prefix);
  if (config === null) return { config, issues, warnings: [] };
  const at = (member: string) => (prefix === "" ? member : `${prefix}.${member}`);
  const { rules = [] } = config;
  const found = [
    ...rules.flatMap((rule, index) =>
      lintUse(rule.use, accounts, { path: `${at("rules")}[${index}].use`, when: rule.when ?? {} }),
    ),
    ...(config.default === undefined ? [] : lintUse(config.default, accounts, { path: at("default"), when: {} })),
    ...lintReach(rules, at("rules")),
  ];
  return { config: found.length === 0 ? config : null, issues: found, warnings: warn(rules, at("rules")) };
}

/** `when`: what a payment fulfils that comes here. */
function lintUse(use: Use, accounts: readonly Candidate[], { path, when }: { path: string; when: Condition }): Issue[] {
  const issues: Issue[] = [];
  const seen = new Set<string>();
  for (const [index, name] of connectorsOf(use).entries()) {
    const at = connectorPath(use, path, index);
    const add = (message: string) => issues.push({ path: at, code: "custom", message });
    const account = accounts.find(({ id }) => id === name) ?? accounts.find(({ label }) => label === name);
    if (account === undefined) add("is no connector account of this merchant and mode");
    else if (seen.has(account.id)) add("is named twice");
    else if (account.enabled) for (const lack of lacks(account, when)) add(lack);
    else add("is disabled");
    if (account !== undefined) seen.add(account.id);
  }
  if ("split" in use && use.split.every(({ weight }) => weight === 0)) {
    issues.push({ path: `${path}.split`, code: "custom", message: "has no weight above 0: its shares cannot be met" });
  }
  return issues;
}

function connectorPath(use: Use, path: string, index: number): string {
  if ("priority" in use) return `${path}.priority[${index}]`;
  return "split" in use ? `${path}.split[${index}].connector` : `${path}.bestRate.connectors[${index}]`;
}

/** What the account can do of no payment that comes here. */
function lacks(account: Candidate, when: Condition): string[] {
  const able: [field: string, can: (value: string) => boolean][] = [
    ["currency", (value) => account.currencies === "*" || account.currencies.includes(value)],
    ["paymentMethod", (value) => account.methods.includes(value)],
    ["captureMethod", (value) => account.captureMethods.includes(value)],
  ];
  return able.flatMap(([field, can]) => {
    const wanted = demanded(when, field);
    if (wanted === null || wanted.some(can)) return [];
    return [`cannot take any payment of this rule: its processor has no ${field} ${wanted.join(", ")}`];
  });
}

/** The values of the field that a payment must have one of; null where it is free. Only what stands in `all`. */
function demanded(when: Condition, field: string): string[] | null {
  const parts = "all" in when ? when.all : [when];
  for (const part of parts) {
    if (!("field" in part) || part.field !== field || (part.op !== "eq" && part.op !== "in")) continue;
    return [part.value].flat().map((value) => String(value).toLowerCase());
  }
  return null;
}

/** Rules that no payment reaches: by themselves, behind one other, or behind all before them together. */
function lintReach(rules: readonly Rule[], path: string): Issue[] {
  const conditions = rules.map(({ when = {} }) => when);
  const effort = { left: MAX_EFFORT };
  const all = samplesFor(conditions, MAX_SAMPLES);
  return conditions.flatMap((condition, index): Issue[] => {
    const message = whyUnreached(conditions.slice(0, index), condition, { all, effort });
    return message === null ? [] : [{ path: `${path}[${index}].when`, code: "custom", message }];
  });
}

function whyUnreached(
  earlier: readonly Condition[],
  condition: Condition,
  { all, effort }: { all: readonly Sample[] | null; effort: { left: number } },
): string | null {
  const matching = (samples: readonly Sample[] | null) => {
    effort.left -= samples?.length ?? 0;
    return samples?.filter((sample) => holds(condition, (name) => sample[name])) ?? null;
  };
  if (matching(samplesFor([condition], MAX_SAMPLES))?.length === 0) {
    return "can never match: its conditions exclude each other";
  }
  for (const [index, other] of earlier.entries()) {
    if (effort.left <= 0) return null;
    const both = matching(samplesFor([condition, other], MAX_SAMPLES));
    if (both?.every((sample) => holds(other, (name) => sample[name])) === true)
      return `is never reached: rules[${index}] matches every payment that it would match`;
  }
  const isTaken = (sample: Sample) => earlier.some((other) => holds(other, (name) => sample[name]));
  const isLeftNothing = matching(all)?.every(isTaken) === true;
  return isLeftNothing ? "is never reached: the rules before it match every payment that it would match" : null;
}

function warn(rules: readonly Rule[], path: string): Issue[] {
  return rules.flatMap(({ when = {} }, index) => {
    const isUsed = comparisonsOf(when).some(({ field }) => field === "card.country");
    const message = "looks at card.country, which is not known of any card: only `ne` and `nin` hold for it";
    return isUsed ? [{ path: `${path}[${index}].when`, code: "custom", message }] : [];
  });
}
