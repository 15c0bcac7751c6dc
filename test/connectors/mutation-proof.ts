/**
 * What a connector makes of answers that were tampered with: whatever is dropped, retyped or replaced in a real one, it
 * never throws, and never says that something ended which did not end so.
 */
import * as fc from "fast-check";
import type {
  CallContext,
  Connector,
  ConnectorAccount,
  ProcessorAnswer,
  ProcessorCall,
} from "../../src/connectors/connector.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { mutationsOf } from "./mutate.ts";

export interface Scenario {
  name: string;
  call: ProcessorCall;
  send: CallContext["send"];
  /** A look-up; else the call is performed. */
  asks: boolean;
}

export interface MutationSuite {
  connector: Connector;
  account: ConnectorAccount;
  /** Against a processor that has not heard of them. */
  scenarios(): Promise<Scenario[]>;
}

/**
 * What else a real outcome may become when its answer is spoilt: nothing that says more, or otherwise. `pending` says
 * only that it was accepted: what is pending is asked about.
 */
const WEAKER: Readonly<Record<Outcome["kind"], readonly Outcome["kind"][]>> = {
  approved: ["unknown", "conflicted", "pending"],
  declined: ["unknown", "conflicted", "failed", "pending"],
  failed: ["unknown", "conflicted", "declined"],
  challenge: ["unknown", "conflicted", "pending"],
  pending: ["unknown", "conflicted"],
  not_found: ["unknown", "conflicted"],
  unknown: ["conflicted"],
  conflicted: ["unknown"],
};

/** Tries `numRuns` mutations in all, spread over every answer of every scenario. Throws with the counterexample. */
export async function proveMutations(
  suite: MutationSuite,
  { numRuns, seed }: { numRuns: number; seed?: number },
): Promise<number> {
  const { connector, account } = suite;
  const recorded: Recorded[] = [];
  for (const scenario of await suite.scenarios()) {
    const played = await record(suite, scenario);
    // What proves nothing untouched cannot prove less.
    if (played.truth.kind !== "unknown") recorded.push(played);
  }
  const spots = recorded.flatMap((scenario) => scenario.answers.map((_, at) => ({ scenario, at })));
  const share = Math.ceil(numRuns / spots.length);
  for (const { scenario, at } of spots) {
    const real = scenario.answers[at];
    if (real?.kind !== "answer") throw new Error(`${scenario.name}: no answer to change`);
    await fc.assert(
      fc.asyncProperty(mutationsOf(real.body), async (body) => {
        const answers = scenario.answers.with(at, { ...real, body });
        const outcome = await run(connector, account, { ...scenario, send: replaying(answers) });
        judge(`${scenario.name}, answer ${at + 1}`, scenario, outcome);
      }),
      { numRuns: share, ...(seed === undefined ? {} : { seed }) },
    );
  }
  return share * spots.length;
}

type Recorded = Scenario & { answers: ProcessorAnswer[]; truth: Outcome };

async function record({ connector, account }: MutationSuite, scenario: Scenario): Promise<Recorded> {
  const answers: ProcessorAnswer[] = [];
  const send: CallContext["send"] = async (request) => {
    const answer = await scenario.send(request);
    answers.push(answer);
    return answer;
  };
  const truth = await run(connector, account, { ...scenario, send });
  return { ...scenario, answers, truth };
}

function run(
  connector: Connector,
  account: ConnectorAccount,
  { call, send, asks }: Pick<Scenario, "call" | "send" | "asks">,
): Promise<Outcome> {
  const context: CallContext = { account, send, now: 1_780_000_000_000 };
  return asks ? connector.lookup(call, context, { conclude: false }) : connector.perform(call, context);
}

/** A spoilt answer may end the exchange early, and never makes it longer. */
function replaying(answers: readonly ProcessorAnswer[]): CallContext["send"] {
  let next = 0;
  return async () => answers[next++] ?? { kind: "no_answer", reason: "more was asked than before" };
}

function judge(name: string, { truth, call }: Recorded, outcome: Outcome): void {
  const allowed = [truth.kind, ...WEAKER[truth.kind]];
  // "Not that I could find it" proves as little as no answer at all.
  const provesNothing = outcome.kind === "not_found" && !outcome.conclusive;
  if (!allowed.includes(outcome.kind) && !provesNothing)
    throw new Error(`${name}: ${truth.kind} became ${outcome.kind}`);
  if (outcome.kind === "approved" && truth.kind === "approved") {
    if (outcome.amount !== truth.amount || outcome.currency !== truth.currency)
      throw new Error(`${name}: another amount was approved`);
    if (outcome.reference === "") throw new Error(`${name}: approved without a reference`);
    if (outcome.expiresAt !== undefined && outcome.expiresAt < 1_700_000_000_000)
      throw new Error(`${name}: lapsed long ago`);
  }
  if (outcome.kind === "challenge" && !URL.canParse(outcome.url))
    throw new Error(`${name}: a challenge without a page`);
  const card = call.card?.reveal().number;
  if (card !== undefined && JSON.stringify(outcome).includes(card))
    throw new Error(`${name}: the outcome shows the card`);
}
