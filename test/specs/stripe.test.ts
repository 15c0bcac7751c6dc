import { describe, expect, test } from "vitest";
import type { ProcessorCall } from "../../src/connectors/connector.ts";
import { stripe } from "../../src/connectors/stripe/index.ts";
import { followingCall, openingCall } from "../connectors/calls.ts";
import { CHALLENGE_CARD, doorTo, GOOD_CARD, makeSimulator, stripeAccount } from "../connectors/stripe-calls.ts";
import { type Form, parseForm } from "../support/processors/stripe/form.ts";
import { everyDetail } from "./every-detail.ts";
import { answerChecker, readSlice, requestChecker } from "./published-schema.ts";

const slice = readSlice("stripe-2023-08-16");
const PATHS = Object.keys(slice.paths);

/**
 * What today's API takes and that of 2023 did not know. The types of Stripe's own library, which are today's, check
 * these where they are written.
 */
const NEWER = ["final_capture"];

type Exchange = { path: string; form: unknown; status: number; answer: unknown };

async function exchange(call: ProcessorCall, simulator = makeSimulator()) {
  const kept: Exchange[] = [];
  const door = doorTo(simulator);
  const outcome = await stripe.perform(call, {
    account: stripeAccount,
    now: 0,
    send: async (request) => {
      const answer = await door(request);
      if (answer.kind === "answer") {
        kept.push({
          path: request.path,
          form: formOf(request.body ?? ""),
          status: answer.status,
          answer: JSON.parse(answer.body),
        });
      }
      return answer;
    },
  });
  return { kept, outcome };
}

/** Names that count from 0 are a list, as Stripe reads them. */
function formOf(body: string): unknown {
  const lists = (value: string | Form): unknown => {
    if (typeof value === "string") return value;
    const entries = Object.entries(value);
    const isList = entries.length > 0 && entries.every(([name], at) => name === String(at));
    return isList
      ? entries.map(([, item]) => lists(item))
      : Object.fromEntries(entries.map(([name, item]) => [name, lists(item)]));
  };
  const form = lists(parseForm(body)) as Record<string, unknown>;
  for (const name of NEWER) delete form[name];
  return form;
}

function templateOf(path: string): string {
  return path.replace(/\/(pi|seti)_\d+\//, "/{intent}/");
}

async function expectFit(call: ProcessorCall, simulator?: ReturnType<typeof makeSimulator>) {
  const { kept, outcome } = await exchange(call, simulator);
  for (const { path, form, status, answer } of kept) {
    expect(requestChecker(slice, templateOf(path)).check(form)).toEqual([]);
    const listed = status === 200 ? 200 : ("default" as unknown as number);
    expect(answerChecker(slice, templateOf(path), listed).check(answer)).toEqual([]);
  }
  return { paths: kept.map(({ path }) => templateOf(path)), outcome };
}

describe("requests to Stripe and the simulator's answers fit the published API", () => {
  test.each([
    ...["4000000000000002", "4000000000000069", "4242424242424241", CHALLENGE_CARD, GOOD_CARD].map((card) =>
      openingCall("charge", card),
    ),
    ...["jpy", "eur", "kwd", "isk", "mga"].map((currency) => openingCall("authorize", GOOD_CARD, { currency })),
    ...(["force", "skip"] as const).map((threeDs) =>
      everyDetail(openingCall("charge", GOOD_CARD), { authentication: { threeDs } }),
    ),
    everyDetail(openingCall("charge", GOOD_CARD), { setupFutureUsage: "off_session" }),
    everyDetail(openingCall("charge", GOOD_CARD), { offSession: true }),
    openingCall("verify", GOOD_CARD),
    openingCall("verify", CHALLENGE_CARD),
    everyDetail(openingCall("verify", GOOD_CARD), { setupFutureUsage: "off_session" }),
  ])("a payment by card (%#)", async (call) => {
    const { paths } = await expectFit(call);
    expect(paths[0]).toBe("/v1/payment_methods");
  });

  test.each([
    ["bank_redirect", "ideal"],
    ["bank_redirect", "bancontact"],
    ["bank_redirect", "eps"],
    ["bank_redirect", "p24"],
    ["pay_later", "klarna"],
    ["pay_later", "affirm"],
    ["wallet", "paypal"],
    ["wallet", "alipay"],
  ])("a payment by %s %s", async (type, provider) => {
    const call = everyDetail(openingCall("charge", null, { method: { type, provider } }));
    expect((await expectFit(call)).outcome.kind).toBe("challenge");
  });

  test("everything that follows a payment", async () => {
    const simulator = makeSimulator();
    const seen = [];
    for (const [opens, kind] of [
      ["authorize", "capture"],
      ["authorize", "void"],
      ["charge", "refund"],
    ] as const) {
      const opening = openingCall(opens, GOOD_CARD);
      const { outcome } = await expectFit(opening, simulator);
      const attemptReference = outcome.kind === "approved" ? outcome.reference : "";
      seen.push(...(await expectFit(followingCall(opening, kind, { attemptReference }), simulator)).paths);
      // Once more, under another key: refused, and the refusal fits as well.
      expect(
        (await expectFit(followingCall(opening, kind, { attemptReference, amount: 5000 }), simulator)).outcome.kind,
      ).not.toBe("unknown");
    }
    const challenged = openingCall("verify", CHALLENGE_CARD);
    const { outcome } = await expectFit(challenged, simulator);
    const attemptReference = outcome.kind === "challenge" ? outcome.reference : "";
    seen.push(...(await expectFit(followingCall(challenged, "void", { attemptReference }), simulator)).paths);
    expect(seen).toEqual([
      "/v1/payment_intents/{intent}/capture",
      "/v1/payment_intents/{intent}/cancel",
      "/v1/refunds",
      "/v1/setup_intents/{intent}/cancel",
    ]);
  });

  test.each(PATHS)("the check of %s has no holes and refuses what is wrong", (path) => {
    const { check, repairs } = requestChecker(slice, path);
    expect(repairs).toEqual([]);
    expect(check({ surprise: "true" })).not.toEqual([]);
    expect(
      check({
        metadata: { a: { b: "nested" } },
        expand: "no list",
        cancellation_reason: "bored",
        amount: "ten",
        usage: "never",
        type: "cheque",
        reason: "whim",
      }),
    ).not.toEqual([]);
    const answers = answerChecker(slice, path, 200);
    expect(answers.repairs).toEqual([]);
    expect(answers.check({ object: "nothing" })).not.toEqual([]);
  });

  test("a raw card within an intent is what the published API does not take", () => {
    const { check } = requestChecker(slice, "/v1/payment_intents");
    const intent = { amount: "1000", currency: "gbp" };
    expect(check(intent)).toEqual([]);
    expect(check({ ...intent, payment_method_data: { type: "card", card: { number: GOOD_CARD } } })).not.toEqual([]);
  });
});
