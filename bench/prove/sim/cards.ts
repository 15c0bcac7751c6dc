/** Cards as the merchant's test would choose them, and what the simulated processor makes of their numbers. */
export type Trait =
  | "ordinary"
  | "declines"
  | "insufficient_funds"
  | "errs"
  | "challenged"
  | "reviewed"
  | "void_refused"
  | "refund_waits"
  | "refund_fails"
  | "unknown_card";

export const CARDS = {
  ordinary: "4242424242424242",
  declines: "4000000000009987",
  insufficient_funds: "4000000000009995",
  errs: "4000000000000119",
  challenged: "4000003800000446",
  reviewed: "4000000000009235",
  void_refused: "4000000000000341",
  refund_waits: "4000000000005126",
  refund_fails: "4000000000007726",
} as const;

export type CardName = keyof typeof CARDS;

export const TRAITS: ReadonlyMap<string, Trait> = new Map(
  Object.entries(CARDS).map(([trait, number]) => [number, trait as Trait]),
);
