/** Ways to choose between accounts by what came of earlier choices. Ours is the code that routes payments. */
import { draw } from "../../src/domain/routing/draw.ts";
import { decideRoute } from "../../src/domain/routing/decide-route.ts";
import { applyObservation, emptyMemory, segmentCounts } from "../../src/domain/routing/memory.ts";

export interface Policy {
  name: string;
  choose(payment: number): number;
  learn(payment: number, account: number, isApproved: boolean): void;
}

const SEGMENTS = ["*", "card|visa", "card|visa|gbp", "card|visa|gbp|GB|4"];
const SECONDS_BETWEEN_PAYMENTS = 1;

export function bestRatePolicy(accounts: number, explore: number): Policy {
  const memory = emptyMemory();
  const ids = Array.from({ length: accounts }, (_, account) => String(account));
  const config = { default: { bestRate: { connectors: ids, explore } } };
  return {
    name: `bestRate, exploring ${percent(explore)}`,
    choose: (payment) => {
      const facts = ids.map((id) => ({
        ...{ id, label: id, processor: "", releasesRest: true, barred: null },
        counts: segmentCounts(memory, id, SEGMENTS),
      }));
      const question = { paymentId: `pay_${payment}`, connector: null, config, fields: {}, accounts: facts };
      return Number(decideRoute(question).candidates[0]?.id);
    },
    learn: (payment, account, approved) => {
      const at = payment * SECONDS_BETWEEN_PAYMENTS * 1000;
      const credit = { segments: SEGMENTS, approved };
      const answer = approved ? "approved" : "declined";
      applyObservation(memory, { account: String(account), region: "local", at, answer, latencyMs: 0, credit });
    },
  };
}

export function fixedPolicy(account: number, name: string): Policy {
  return { name, choose: () => account, learn: () => undefined };
}

/**
 * Hyperswitch's success-rate windows, after its published description and default settings: outcomes fill a block; full
 * blocks are kept, the newest ones; the score is their mean rate, the newer weighted more, (i + 1) / (1 + … + n); below
 * `minBlocks` the account counts as 100 %. Ties go to the first. A share of payments explores evenly.
 */
export function blockWindowPolicy(
  accounts: number,
  explore: number,
  { minBlocks = 5, maxBlocks = 8, blockSize = 5 } = {},
): Policy {
  const windows = Array.from({ length: accounts }, () => ({ approved: 0, outcomes: 0, blocks: [] as number[] }));
  const score = ({ blocks }: { blocks: number[] }) => {
    if (blocks.length < minBlocks) return 1;
    const weights = (blocks.length * (blocks.length + 1)) / 2;
    return blocks.reduce((sum, rate, index) => sum + (rate * (index + 1)) / weights, 0);
  };
  return {
    name: `Hyperswitch's windows, exploring ${percent(explore)}`,
    choose: (payment) => {
      if (draw(`${payment} explores`) < explore) return Math.floor(draw(`${payment} arm`) * accounts);
      const scores = windows.map(score);
      return scores.indexOf(Math.max(...scores));
    },
    learn: (_, account, isApproved) => {
      const window = windows[account];
      if (window === undefined) return;
      window.outcomes += 1;
      window.approved += isApproved ? 1 : 0;
      if (window.outcomes < blockSize) return;
      window.blocks = [...window.blocks, window.approved / window.outcomes].slice(-maxBlocks);
      window.outcomes = 0;
      window.approved = 0;
    },
  };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
