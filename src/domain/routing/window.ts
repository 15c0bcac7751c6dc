/**
 * What was lately approved, of what could have been: a sliding window over the last few hundred outcomes, in blocks. A
 * block that does not fit those before it (an outage, a recovery) cuts them off, so that what changed is believed after
 * tens of outcomes, not hundreds.
 */
export interface OutcomeWindow {
  /** [approved, outcomes], oldest first. */
  blocks: readonly (readonly [approved: number, outcomes: number])[];
  /** Of the last outcome, ms since 1970. */
  at: number;
}

const BLOCK_SIZE = 20;
const MAX_BLOCKS = 20;
/** Longer ago than this says nothing about today. */
const FORGET_AFTER_MS = 7 * 24 * 60 * 60 * 1000;
/**
 * Standard errors between the old and the new rate. Twenty outcomes are far from normal and every block is compared at
 * every place: at 3.5 a steady account loses its past every few thousand outcomes, and with it its rank (bench/routing.ts).
 */
const CUT_AT_DEVIATIONS = 5;

export const EMPTY_WINDOW: OutcomeWindow = { blocks: [], at: 0 };

export function observeOutcome(window: OutcomeWindow, isApproved: boolean, at: number): OutcomeWindow {
  const blocks = at - window.at > FORGET_AFTER_MS ? [] : window.blocks;
  const [approved, outcomes] = blocks.at(-1) ?? [0, BLOCK_SIZE];
  const isFull = outcomes >= BLOCK_SIZE;
  const kept = isFull ? blocks : blocks.slice(0, -1);
  const grown = [(isFull ? 0 : approved) + (isApproved ? 1 : 0), (isFull ? 0 : outcomes) + 1] as const;
  const next = [...kept, grown];
  const latest = Math.max(at, window.at);
  return { blocks: grown[1] >= BLOCK_SIZE ? cutAtChange(next.slice(-MAX_BLOCKS)) : next, at: latest };
}

/** Approved and all outcomes of the window. */
export function countsOf({ blocks }: OutcomeWindow): readonly [approved: number, outcomes: number] {
  let approved = 0;
  let outcomes = 0;
  for (const [a, n] of blocks) {
    approved += a;
    outcomes += n;
  }
  return [approved, outcomes];
}

/** Without the blocks before the place where the rate changed most, where it changed more than chance explains. */
function cutAtChange(blocks: OutcomeWindow["blocks"]): OutcomeWindow["blocks"] {
  const [approved, outcomes] = countsOf({ blocks, at: 0 });
  let oldApproved = 0;
  let oldOutcomes = 0;
  let cut = { at: 0, deviations: CUT_AT_DEVIATIONS };
  for (const [index, [a, n]] of blocks.slice(0, -1).entries()) {
    oldApproved += a;
    oldOutcomes += n;
    const newOutcomes = outcomes - oldOutcomes;
    // One of each kind is added, so that a rate of all or nothing has a spread, too.
    const pooled = (approved + 1) / (outcomes + 2);
    const spread = Math.sqrt(pooled * (1 - pooled) * (1 / oldOutcomes + 1 / newOutcomes));
    const deviations = Math.abs(oldApproved / oldOutcomes - (approved - oldApproved) / newOutcomes) / spread;
    if (deviations > cut.deviations) cut = { at: index + 1, deviations };
  }
  return blocks.slice(cut.at);
}
