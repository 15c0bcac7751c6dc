import { expect, test } from "vitest";
import { backtest, type RecordedDecision } from "../../../src/domain/routing/backtest.ts";
import type { RoutingConfig } from "../../../src/domain/routing/config.ts";
import { recordedAccounts } from "../../../src/domain/routing/receipt.ts";
import { account, plan, stream } from "./builders.ts";

const ACCOUNTS = [account("a"), account("b"), account("c")];
/** What each processor approves, by currency. */
const TRUTH: Record<string, Record<string, number>> = {
  gbp: { a: 0.7, b: 0.85, c: 0.93 },
  eur: { a: 0.9, b: 0.6, c: 0.75 },
};
const RECORDED: RoutingConfig = {
  rules: [
    {
      when: { field: "currency", op: "eq", value: "eur" },
      use: {
        split: [
          { connector: "a", weight: 6 },
          { connector: "b", weight: 3 },
          { connector: "c", weight: 1 },
        ],
      },
    },
  ],
  default: {
    split: [
      { connector: "a", weight: 2 },
      { connector: "b", weight: 5 },
      { connector: "c", weight: 3 },
    ],
  },
};

function record(config: RoutingConfig, payments: number, seed: number): RecordedDecision[] {
  const next = stream(seed);
  return Array.from({ length: payments }, (_, n): RecordedDecision => {
    const currency = next() < 0.5 ? "gbp" : "eur";
    const id = `pay_${seed}_${n}`;
    const made = plan(config, { id, said: { currency } });
    const chosen = made.candidates[0]?.label ?? "";
    const approved = next() < (TRUTH[currency]?.[chosen] ?? 0);
    const fields = { currency, amount: 1000, paymentMethod: "card", "card.brand": "visa" };
    return {
      paymentId: id,
      at: n * 1000,
      fields,
      accounts: recordedAccounts(made),
      chosen: `ca_${chosen}`,
      approved,
      isCredited: true,
    };
  });
}

/** Of a configuration that only splits: what it would really approve. */
function trueRate(byCurrency: Record<string, Record<string, number>>): number {
  const rates = Object.entries(byCurrency).map(([currency, shares]) =>
    Object.entries(shares).reduce((sum, [label, share]) => sum + share * (TRUTH[currency]?.[label] ?? 0), 0),
  );
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}

const OTHERS: [config: RoutingConfig, truth: number][] = [
  [{ default: { priority: ["c"] } }, trueRate({ gbp: { c: 1 }, eur: { c: 1 } })],
  [
    {
      rules: [{ when: { field: "currency", op: "eq", value: "eur" }, use: { priority: ["a"] } }],
      default: {
        split: [
          { connector: "b", weight: 1 },
          { connector: "c", weight: 1 },
        ],
      },
    },
    trueRate({ gbp: { b: 0.5, c: 0.5 }, eur: { a: 1 } }),
  ],
];

test.each(OTHERS)(
  "the interval holds the truth in at least 93 of 100 seeded runs: %j",
  (config, truth) => {
    const brackets = { estimate: 0, inversePropensity: 0 };
    for (let seed = 1; seed <= 100; seed++) {
      const report = backtest(config, record(RECORDED, 1500, seed), ACCOUNTS);
      for (const name of ["estimate", "inversePropensity"] as const) {
        const { low, high } = report[name];
        if (low !== null && high !== null && low <= truth && truth <= high) brackets[name] += 1;
      }
    }
    expect(brackets.estimate).toBeGreaterThanOrEqual(93);
    expect(brackets.inversePropensity).toBeGreaterThanOrEqual(93);
  },
  60_000,
);

test("the interval is narrow enough to tell a better configuration from the recorded one", () => {
  const report = backtest(OTHERS[1]![0], record(RECORDED, 5000, 7), ACCOUNTS);
  expect(report.coverage).toBe(1);
  expect(report.estimate.low ?? 0).toBeGreaterThan((report.recordedRate ?? 1) + 0.05);
  expect((report.estimate.high ?? 1) - (report.estimate.low ?? 0)).toBeLessThan(0.06);
});

test("what was recorded estimates itself exactly", () => {
  const decisions = record(RECORDED, 2000, 3);
  const report = backtest(RECORDED, decisions, ACCOUNTS);
  expect(report.estimate.rate).toBe(report.recordedRate);
  expect(report.effectiveDecisions).toBe(2000);
});

test("choices that were never made are not spoken of: coverage says how many", () => {
  const decisions = record(
    {
      default: {
        split: [
          { connector: "a", weight: 1 },
          { connector: "b", weight: 1 },
        ],
      },
    },
    1000,
    4,
  );
  expect(backtest({ default: { priority: ["c"] } }, decisions, ACCOUNTS)).toMatchObject({
    coverage: 0,
    estimate: { rate: null, low: null, high: null },
  });
  const half = backtest(
    {
      default: {
        split: [
          { connector: "a", weight: 1 },
          { connector: "c", weight: 1 },
        ],
      },
    },
    decisions,
    ACCOUNTS,
  );
  expect(half.coverage).toBe(0.5);
});

test("bestRate is judged as it would have learned, and comes out near the best", () => {
  const config: RoutingConfig = { default: { bestRate: { connectors: ["a", "b", "c"], explore: 0 } } };
  const report = backtest(config, record(RECORDED, 8000, 5), ACCOUNTS);
  // By currency: 0.93 and 0.9.
  expect(report.estimate.rate ?? 0).toBeGreaterThan(0.87);
  expect(report.estimate.high ?? 0).toBeGreaterThan(0.9);
});

test("nothing recorded is told as nothing", () => {
  expect(backtest(RECORDED, [], ACCOUNTS)).toMatchObject({
    decisions: 0,
    recordedRate: null,
    estimate: { rate: null },
  });
});
