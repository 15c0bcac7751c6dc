/** What fast-check draws: a merchant's accounts, faults, and a list of commands. */
import fc from "fast-check";
import { CARDS, type CardName } from "../sim/cards.ts";
import type { ProcessorKind } from "../sim/processor.ts";
import type { Wish } from "./client.ts";
import type { ModelFate } from "./payment-model.ts";

export type Command =
  | {
      type: "ask";
      wish: Wish;
      fate: ModelFate;
      keyed: boolean;
      /** Turns until the next command; null: when it is answered. */ pause: number | null;
    }
  /** The same request again, with the same key: the nth of those made so far. */
  | { type: "again"; index: number; pause: number | null }
  /** At the processor; null: only looks. Then comes back to us, or does not. */
  | { type: "shopper"; approves: boolean | null; returns: boolean }
  /** Every message of the processor so far, `times` times; in order or newest first. */
  | { type: "webhooks"; times: number; reversed: boolean; delayMs: number }
  | { type: "time"; ms: number }
  | { type: "d1"; down: boolean }
  | { type: "crash"; steps: number };

export interface Sequence {
  seed: number;
  /** A client that waits for each answer, and only scripted faults: every answer is predicted. Else: everything at once. */
  calm: boolean;
  accounts: ProcessorKind[];
  rates: { late: number; lost: number; silent: number; error: number; d1: number; crash: number };
  first: Command & { type: "ask" };
  rest: Command[];
}

const card = fc.constantFrom(...(Object.keys(CARDS) as CardName[]));
const usual = fc.oneof({ weight: 3, arbitrary: fc.constant<CardName>("ordinary") }, { weight: 5, arbitrary: card });
const amount = fc.constantFrom(null, 1, 300, 400, 700, 1000, 1001);

const create: fc.Arbitrary<Wish & { type: "create" }> = fc.record({
  type: fc.constant("create" as const),
  amount: fc.oneof({ weight: 9, arbitrary: fc.constant(1000) }, { weight: 1, arbitrary: fc.constant(0) }),
  capture: fc.constantFrom("automatic" as const, "manual" as const, "manual_multiple" as const),
  card: fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: fc.constant(null) }),
  confirm: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
});

const wish: fc.Arbitrary<Wish> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant("capture" as const), amount, final: fc.boolean() }) },
  { weight: 3, arbitrary: fc.constant<Wish>({ type: "cancel" }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("refund" as const), amount }) },
  { weight: 3, arbitrary: fc.constant<Wish>({ type: "sync" }) },
  { weight: 1, arbitrary: fc.constantFrom<Wish>({ type: "approve" }, { type: "reject" }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("confirm" as const), card: fc.option(usual) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("update" as const),
      card: fc.option(usual),
      amount: fc.constantFrom(null, 500),
    }),
  },
);

const fate: fc.Arbitrary<ModelFate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<ModelFate>("ok") },
  { weight: 3, arbitrary: fc.constantFrom<ModelFate>("silent", "lost", "error") },
);
const pause = fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: fc.nat(12) });

const ask: fc.Arbitrary<Command & { type: "ask" }> = fc.record({
  type: fc.constant("ask" as const),
  wish,
  fate,
  keyed: fc.boolean(),
  pause,
});
const first = fc.record({
  type: fc.constant("ask" as const),
  wish: create,
  fate,
  keyed: fc.boolean(),
  pause,
});

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 14, arbitrary: ask },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("again" as const), index: fc.nat(12), pause }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("shopper" as const),
      approves: fc.option(fc.boolean()),
      returns: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("webhooks" as const),
      times: fc.integer({ min: 1, max: 3 }),
      reversed: fc.boolean(),
      delayMs: fc.nat(100),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("time" as const),
      ms: fc.constantFrom(50, 7_000, 71_000, 20 * 60_000, 25 * 3_600_000, 8 * 86_400_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("d1" as const), down: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("crash" as const), steps: fc.nat(15) }) },
);

const rate = (max: number) => fc.constantFrom(0, 0, max);
const chaosRates = fc.record({
  late: rate(0.1),
  lost: rate(0.15),
  silent: rate(0.15),
  error: rate(0.1),
  d1: rate(0.3),
  crash: rate(0.01),
});
const noRates = fc.constant({ late: 0, lost: 0, silent: 0, error: 0, d1: 0, crash: 0 });

function sequenceOf(calm: boolean, maxCommands: number): fc.Arbitrary<Sequence> {
  // Only of processors that can be asked is every answer known beforehand.
  const kind = calm
    ? fc.constantFrom<ProcessorKind>("full", "bare")
    : fc.constantFrom<ProcessorKind>("full", "bare", "eventual", "blind");
  return fc.record({
    seed: fc.nat(),
    calm: fc.constant(calm),
    accounts: fc.array(kind, { minLength: 1, maxLength: 2 }),
    rates: calm ? noRates : chaosRates,
    first,
    rest: fc.array(command, { maxLength: maxCommands, size: "max" }),
  });
}

export const sequences = fc.oneof(
  { weight: 1, arbitrary: sequenceOf(true, 14) },
  { weight: 1, arbitrary: sequenceOf(false, 14) },
);
