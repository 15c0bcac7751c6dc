import { beforeAll, expect, test } from "vitest";
import { bestRatePolicy, blockWindowPolicy, fixedPolicy } from "../../../bench/routing/policies.ts";
import { DOWN, type Run, simulate } from "../../../bench/routing/simulation.ts";

const BEST = 2;
let ours: Run;
beforeAll(() => {
  ours = simulate(bestRatePolicy(3, 0.05), 7);
}, 60_000);

function share({ shares }: Run, account: number, from: number, to: number): number {
  const buckets = shares.slice(from / 1000, to / 1000);
  return buckets.reduce((sum, bucket) => sum + (bucket[account] ?? 0), 0) / buckets.length;
}

test("the best account gets nearly all payments that do not explore", () => {
  expect(share(ours, BEST, 10_000, DOWN.from)).toBeGreaterThan(0.9);
});

test("an account that breaks down is left within two thousand payments, but for the exploration", () => {
  expect(share(ours, BEST, DOWN.from + 2_000, DOWN.to)).toBeLessThan(0.03);
});

test("an account that recovers has its payments back within five thousand", () => {
  expect(share(ours, BEST, DOWN.to + 5_000, 100_000)).toBeGreaterThan(0.85);
});

test("it loses far fewer approvals than the best fixed choice", () => {
  const fixed = simulate(fixedPolicy(1, "fixed"), 7);
  expect(ours.regret.at(-1) ?? Infinity).toBeLessThan((fixed.regret.at(-1) ?? 0) / 4);
});

test("it loses fewer than Hyperswitch's windows, both with their own exploration and with ours", () => {
  for (const explore of [0.2, 0.05]) {
    const theirs = simulate(blockWindowPolicy(3, explore), 7);
    expect(ours.regret.at(-1) ?? Infinity).toBeLessThan(theirs.regret.at(-1) ?? 0);
  }
}, 60_000);
