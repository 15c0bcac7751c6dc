/** What happens at once to one payment: every pair, and some triples, of what a merchant may ask. */
import type { Wish } from "../model/client.ts";
import type { CardName } from "../sim/cards.ts";
import type { Fate, ProcessorKind } from "../sim/processor.ts";

export interface Scenario {
  name: string;
  /** What the payment is before. */
  create: Wish & { type: "create" };
  /** Of the request that the creation leads to. */
  created: Fate;
  before: Wish[];
  /** What is asked at once, each under its own key. */
  asked: Wish[];
  /** How often the first of them is asked, under one key. */
  twins: number;
  account: ProcessorKind;
  /** Of the first request that reaches the processor. */
  fate: Fate;
  /** Repeat the processor's messages about everything, twice, while it happens. */
  webhooks: boolean;
  /** The instance dies at some moment. */
  crash: boolean;
}

const capture: Wish = { type: "capture", amount: 700, final: false };
const cancel: Wish = { type: "cancel" };
const refund: Wish = { type: "refund", amount: 600 };
const sync: Wish = { type: "sync" };
const operations = [capture, cancel, refund, sync];

const create = (captureMethod: "automatic" | "manual" | "manual_multiple", card: CardName = "ordinary") =>
  ({ type: "create", amount: 1000, capture: captureMethod, card, confirm: true }) as const;

interface Start {
  name: string;
  created: Fate;
  create: Wish & { type: "create" };
  before: Wish[];
}
const starts: Start[] = [
  { name: "authorised", created: "ok", create: create("manual"), before: [] },
  {
    name: "partly captured",
    created: "ok",
    create: create("manual_multiple"),
    before: [{ type: "capture", amount: 200, final: false }],
  },
  { name: "charged", created: "ok", create: create("automatic"), before: [] },
  { name: "charged in silence", created: "silent", create: create("automatic"), before: [] },
  {
    name: "with a pending refund",
    created: "ok",
    create: create("automatic", "refund_waits"),
    before: [{ type: "refund", amount: 100 }],
  },
];

/** Every unordered selection of `n`, with repeats. */
function selections(n: number, from: readonly Wish[] = operations): Wish[][] {
  if (n === 0) return [[]];
  return from.flatMap((first, index) => selections(n - 1, from.slice(index)).map((rest) => [first, ...rest]));
}

const plain = { twins: 1, account: "full", fate: "ok", webhooks: false, crash: false } as const;

function scenariosOf(n: number): Scenario[] {
  const named = (asked: Wish[]) => asked.map(({ type }) => type).join(" + ");
  return starts.flatMap((start) =>
    selections(n).flatMap((asked) => {
      const base = { ...start, asked };
      const name = `${start.name}: ${named(asked)}`;
      return [
        { ...base, ...plain, name },
        { ...base, ...plain, name: `${name}, at a processor without idempotency`, account: "bare" as const },
        { ...base, ...plain, name: `${name}, the first answer lost`, fate: "silent" as const },
        { ...base, ...plain, name: `${name}, messages repeated`, webhooks: true },
        {
          ...base,
          ...plain,
          name: `${name}, messages repeated, at a processor without idempotency`,
          webhooks: true,
          account: "bare" as const,
        },
        { ...base, ...plain, name: `${name}, a crash`, crash: true },
      ];
    }),
  );
}

const twins: Scenario[] = starts.flatMap((start) =>
  [capture, cancel, refund].flatMap((wish) =>
    (["full", "bare"] as const).flatMap((account) =>
      [false, true].map((crash) => ({
        ...start,
        ...plain,
        account,
        crash,
        asked: [wish],
        twins: 3,
        name: `${start.name}: three twins of ${wish.type} at ${account}${crash ? ", a crash" : ""}`,
      })),
    ),
  ),
);

export const pairs = [...scenariosOf(2), ...twins];
export const triples = scenariosOf(3);
