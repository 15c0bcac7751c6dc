/** Three accounts, of which the best breaks down and recovers; policies that see nothing but their own outcomes. */
import { draw } from "../../src/domain/routing/draw.ts";
import type { Policy } from "./policies.ts";

export const PAYMENTS = 100_000;
export const ACCOUNTS = ["70 %", "85 %", "93 %, 20 % while down"];
export const DOWN = { from: 40_000, to: 60_000 };
export const BUCKET = 1_000;

/** What each account approves when the payment comes. */
export function ratesAt(payment: number): readonly number[] {
  return [0.7, 0.85, payment >= DOWN.from && payment < DOWN.to ? 0.2 : 0.93];
}

export interface Run {
  name: string;
  /** Of each bucket of payments: the share of each account. */
  shares: number[][];
  /** After each bucket: approvals lost against always choosing the best account of the moment, expected. */
  regret: number[];
  approved: number;
}

/** Every policy meets the same luck: whether an account would approve a payment is drawn from both and the seed. */
export function simulate(policy: Policy, seed: number, payments = PAYMENTS): Run {
  const shares: number[][] = [];
  const regret: number[] = [];
  let lost = 0;
  let approved = 0;
  for (let payment = 0; payment < payments; payment++) {
    const rates = ratesAt(payment);
    const account = policy.choose(payment);
    const isApproved = draw(`${seed} ${payment} ${account} outcome`) < (rates[account] ?? 0);
    policy.learn(payment, account, isApproved);
    lost += Math.max(...rates) - (rates[account] ?? 0);
    approved += isApproved ? 1 : 0;
    if (payment % BUCKET === 0) shares.push(rates.map(() => 0));
    const bucket = shares.at(-1);
    if (bucket !== undefined) bucket[account] = (bucket[account] ?? 0) + 1 / BUCKET;
    if ((payment + 1) % BUCKET === 0) regret.push(lost);
  }
  return { name: policy.name, shares, regret, approved: approved / payments };
}
