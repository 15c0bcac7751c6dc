/** The cards that behave. A number is read once and only its behaviour and last four digits are kept. */

export type Trait =
  | "ordinary"
  | "insufficient_funds"
  | "declines"
  | "errs"
  | "silent_executed"
  | "silent_dropped"
  | "challenged"
  | "void_refused"
  | "refund_waits"
  | "refund_fails";

export interface CardBehaviour {
  trait: Trait;
  /** Of those that decline: the processor's code. */
  why: string;
}

const ORDINARY: CardBehaviour = { trait: "ordinary", why: "" };

const BEHAVIOURS: Readonly<Record<string, CardBehaviour>> = {
  "4000000000000002": { trait: "declines", why: "05" },
  "4000000000009995": { trait: "insufficient_funds", why: "51" },
  "4000000000009987": { trait: "declines", why: "41" },
  "4000000000009979": { trait: "declines", why: "43" },
  "4000000000000069": { trait: "declines", why: "54" },
  "4000000000000127": { trait: "declines", why: "N7" },
  "4000000000000119": { trait: "errs", why: "" },
  "4000000000000259": { trait: "silent_executed", why: "" },
  "4000000000000267": { trait: "silent_dropped", why: "" },
  "4000003800000446": { trait: "challenged", why: "" },
  "4000000000000341": { trait: "void_refused", why: "" },
  "4000000000005126": { trait: "refund_waits", why: "" },
  "4000000000007726": { trait: "refund_fails", why: "" },
};

/** Any other number is approved: screening's and 3DS's own cards are ordinary to the processor. */
export function behaviourOf(pan: string): CardBehaviour {
  return Object.hasOwn(BEHAVIOURS, pan) ? (BEHAVIOURS[pan] ?? ORDINARY) : ORDINARY;
}
