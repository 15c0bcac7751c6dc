/** What every connector promises, whatever processor it talks to. Run against a processor that keeps books. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  CallContext,
  CallKind,
  Connector,
  ConnectorAccount,
  ProcessorAnswer,
  ProcessorCall,
  ProcessorRequest,
} from "../../src/connectors/connector.ts";
import { DECLINE_CATEGORIES, type Outcome } from "../../src/domain/outcome.ts";
import { followingCall } from "./calls.ts";

type Send = CallContext["send"];

export interface ConnectorHarness {
  connector: Connector;
  account: ConnectorAccount;
  /** A door to a processor that behaves: the real one, or a mock with books. */
  open(): Send;
  /** A payment of its own each time. */
  approving(kind: "verify" | "authorize" | "charge"): ProcessorCall;
  declining(kind: "authorize" | "charge"): ProcessorCall;
  /** Null where the processor cannot be made to do it. */
  challenging(kind: "authorize" | "charge"): ProcessorCall | null;
  erring(kind: "authorize" | "charge"): ProcessorCall | null;
  /** How often the processor's own books show the key's money moving. */
  countEffects(call: ProcessorCall): Promise<number>;
  /** Whether a request only leads up to the one that moves money, so that it is the latter's answer which gets lost. */
  prepares?(request: ProcessorRequest): boolean;
  /** Where each payment begins with a page: the shopper goes through it as `call` wants, and comes back. */
  finishing?(call: ProcessorCall, challenge: Outcome & { kind: "challenge" }): Promise<ProcessorCall>;
  /** Where the processor only accepts and decides later: what it posts about the call, signed as it signs. */
  settling?(call: ProcessorCall): Promise<{ raw: Uint8Array; headers: Headers }>;
  /** A real answer, changed: another amount, another currency. */
  tamper: Record<"amount" | "currency", (body: string) => string>;
}

const KINDS = ["approved", "declined", "failed", "pending", "challenge", "not_found", "unknown", "conflicted"];
const GARBAGE = [
  "",
  " ",
  "null",
  "true",
  "0",
  "[]",
  "{}",
  '{"',
  "<!doctype html><title>502</title>",
  '{"a":'.repeat(5000),
  "\u0000\uFFFD",
  '"OK"',
];
const LATER: readonly CallKind[] = ["capture", "void", "refund"];

function answer(status: number, body: string): ProcessorAnswer {
  return { kind: "answer", status, headers: new Headers({ "content-type": "application/json" }), body };
}

export function describeConnector(harness: ConnectorHarness): void {
  const { connector, account } = harness;
  const context = (send: Send): CallContext => ({ account, send, now: Date.now() });
  const perform = (call: ProcessorCall, send: Send = harness.open()) => connector.perform(call, context(send));
  const lookup = (call: ProcessorCall, conclude = true) =>
    connector.lookup(call, context(harness.open()), { conclude });
  const lookupBy = (call: ProcessorCall, send: Send) => connector.lookup(call, context(send), { conclude: true });

  /** What became of a call in the end, also where the processor only says so by webhook. */
  async function settled(call: ProcessorCall): Promise<Outcome> {
    const outcome = await perform(call);
    if (outcome.kind !== "pending" || harness.settling === undefined) return outcome;
    const { raw, headers } = await harness.settling(call);
    expect(await connector.webhook?.verify(raw, headers, context(harness.open()))).toBe(true);
    const facts = (await connector.webhook?.read(raw, context(harness.open()))) ?? [];
    const fact = facts.find(({ key }) => key === call.key);
    expect(fact).toMatchObject({ paymentId: call.paymentId });
    return fact?.outcome ?? outcome;
  }

  /** What became of a payment in the end, also where it takes the shopper's part. */
  async function completed(call: ProcessorCall, outcome: Outcome): Promise<Outcome> {
    if (outcome.kind !== "challenge" || harness.finishing === undefined) return outcome;
    return perform(await harness.finishing(call, outcome));
  }
  const pay = async (call: ProcessorCall) => completed(call, await perform(call));

  async function approvedOpening(kind: "authorize" | "charge") {
    const opening = harness.approving(kind);
    const outcome = await pay(opening);
    if (outcome.kind !== "approved") throw new Error(`expected an approval, got ${JSON.stringify(outcome)}`);
    return { opening, attemptReference: outcome.reference };
  }

  /** One call of each kind, ready to be answered by whatever a test makes up. */
  function everyCall(): ProcessorCall[] {
    const opening = harness.approving("authorize");
    const later = LATER.map((kind) =>
      followingCall(opening, kind, { attemptReference: "ref", captureReference: "cap" }),
    );
    const checks = connector.capabilities.zeroAmount ? [harness.approving("verify")] : [];
    return [opening, harness.approving("charge"), ...checks, ...later];
  }

  /** Sends, and keeps what came back. */
  function recording(): { send: Send; answers: ProcessorAnswer[]; requests: Parameters<Send>[0][] } {
    const open = harness.open();
    const answers: ProcessorAnswer[] = [];
    const requests: Parameters<Send>[0][] = [];
    const send: Send = async (request) => {
      const got = await open(request);
      if (harness.prepares?.(request) === true) return got;
      requests.push(request);
      answers.push(got);
      return got;
    };
    return { send, answers, requests };
  }

  /** The processor gets it and acts; we never hear. */
  function losing(): Send {
    const open = harness.open();
    return async (request) => {
      const got = await open(request);
      return harness.prepares?.(request) === true ? got : { kind: "no_answer", reason: "lost" };
    };
  }

  describe(`${connector.name}: outcomes`, () => {
    test.each(["charge", "authorize"] as const)(
      "a good card is approved with what was asked for (%s)",
      async (kind) => {
        const call = harness.approving(kind);
        const outcome = await pay(call);
        expect(outcome).toMatchObject({ kind: "approved", amount: call.amount, currency: call.currency });
        expect(outcome.kind === "approved" && outcome.reference).not.toBe("");
        expect(await harness.countEffects(call)).toBe(1);
      },
    );

    test("a verification is approved and moves nothing", async () => {
      if (!connector.capabilities.zeroAmount) return;
      const call = harness.approving("verify");
      expect(await perform(call)).toMatchObject({ kind: "approved", amount: 0 });
      expect(await harness.countEffects(call)).toBe(0);
    });

    test("a bad card is declined with a complete error, and nothing moves", async () => {
      const call = harness.declining("charge");
      const outcome = await pay(call);
      expect(outcome.kind).toBe("declined");
      if (outcome.kind !== "declined") return;
      expect(outcome.error.message).toMatch(/\w+/);
      expect(outcome.error.code).toMatch(/^[a-z_]+$/);
      expect(DECLINE_CATEGORIES).toContain(outcome.error.category);
      expect(await harness.countEffects(call)).toBe(0);
    });

    test("a challenge names an absolute page and holds nothing yet", async () => {
      const call = harness.challenging("charge");
      if (call === null) return;
      const outcome = await perform(call);
      expect(outcome.kind).toBe("challenge");
      expect(outcome.kind === "challenge" && new URL(outcome.url).protocol).toMatch(/^https?:$/);
      expect(await harness.countEffects(call)).toBe(0);
    });

    test("a definite error has failed, and nothing moves", async () => {
      const call = harness.erring("charge");
      if (call === null) return;
      expect(await perform(call)).toMatchObject({ kind: "failed", error: { category: "processor_unavailable" } });
      expect(await harness.countEffects(call)).toBe(0);
    });

    test("an authorisation is captured in part and the capture refunded in part", async () => {
      if (!connector.capabilities.partialCapture || !connector.capabilities.partialRefund) return;
      const { opening, attemptReference } = await approvedOpening("authorize");
      const capture = followingCall(opening, "capture", { attemptReference, amount: 400, final: true });
      const captured = await settled(capture);
      expect(captured).toMatchObject({ kind: "approved", amount: 400 });
      const captureReference = captured.kind === "approved" ? captured.reference : null;
      const refund = followingCall(opening, "refund", { attemptReference, captureReference, amount: 150 });
      expect(["approved", "pending"]).toContain((await perform(refund)).kind);
      expect(await harness.countEffects(capture)).toBe(1);
    });

    test("an authorisation is voided", async () => {
      if (!connector.capabilities.void) return;
      const { opening, attemptReference } = await approvedOpening("authorize");
      const call = followingCall(opening, "void", { attemptReference });
      expect(await settled(call)).toMatchObject({ kind: "approved" });
      expect(await harness.countEffects(call)).toBe(1);
    });
  });

  describe(`${connector.name}: once`, () => {
    test("the same call again has the same outcome and no second effect", async () => {
      const call = harness.approving("charge");
      const first = await perform(call);
      expect(await perform(call)).toEqual(first);
      await completed(call, first);
      expect(await harness.countEffects(call)).toBe(1);
    });

    test("twenty at once have one effect", async () => {
      const call = harness.approving("charge");
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => perform(call)));
      const good = outcomes.filter(({ kind }) => kind === "approved" || kind === "challenge");
      expect(new Set(good.map((outcome) => JSON.stringify(outcome))).size).toBe(1);
      const [first] = good;
      expect(first && (await completed(call, first)).kind).toBe("approved");
      expect(await harness.countEffects(call)).toBe(1);
    });

    test("a refund that is repeated is made once", async () => {
      const { opening, attemptReference } = await approvedOpening("charge");
      const call = followingCall(opening, "refund", { attemptReference, amount: 100 });
      await perform(call);
      await perform(call);
      expect(await harness.countEffects(call)).toBe(1);
    });

    test("every call carries its key, and no call shows the card outside its body", async () => {
      for (const call of [harness.approving("charge"), harness.approving("authorize")]) {
        const { send, requests } = recording();
        await perform(call, send);
        const [request] = requests;
        expect(JSON.stringify([request?.path, request?.headers, request?.body])).toContain(call.key);
        const number = call.card?.reveal().number;
        if (number !== undefined) expect(JSON.stringify([request?.path, request?.headers])).not.toContain(number);
      }
    });
  });

  describe(`${connector.name}: nothing proven`, () => {
    test("no answer is unknown, whatever was asked", async () => {
      for (const call of everyCall()) {
        const silent: Send = async () => ({ kind: "no_answer", reason: "timed out" });
        expect(await perform(call, silent)).toEqual({ kind: "unknown", reason: "timed out" });
        const asked = await lookupBy(call, silent);
        if (connector.capabilities.recovery.lookup === "none") expect(asked.kind).toBe("unknown");
        else expect(asked).toEqual({ kind: "unknown", reason: "timed out" });
      }
    });

    test.each([500, 502, 503, 504, 520])("HTTP %d with an unreadable body is unknown", async (status) => {
      for (const call of everyCall()) {
        for (const body of GARBAGE) {
          expect(await perform(call, async () => answer(status, body))).toMatchObject({ kind: "unknown" });
        }
      }
    });

    test("garbage with HTTP 200 is unknown, in an answer and in a look-up", async () => {
      for (const call of everyCall()) {
        for (const body of GARBAGE) {
          const send: Send = async () => answer(200, body);
          expect(await perform(call, send)).toMatchObject({ kind: "unknown" });
          expect(await lookupBy(call, send)).toMatchObject({ kind: "unknown" });
        }
      }
    });

    test.each(["amount", "currency"] as const)(
      "another %s than was asked for is a conflict, in an answer and in a look-up",
      async (what) => {
        const call = harness.approving("charge");
        const open = harness.open();
        const send: Send = async (request) => {
          const got = await open(request);
          return got.kind === "answer" ? { ...got, body: harness.tamper[what](got.body) } : got;
        };
        expect(await perform(call, send)).toMatchObject({ kind: "conflicted" });
        if (connector.capabilities.recovery.lookup !== "none")
          expect(await lookupBy(call, send)).toMatchObject({ kind: "conflicted" });
      },
    );

    test("an answer with any text in it changed is read or not, and never throws", async () => {
      const call = harness.approving("charge");
      const { send, answers } = recording();
      await perform(call, send);
      const real = answers[0];
      if (real?.kind !== "answer") throw new Error("the processor did not answer");
      const edit = fc.record({
        at: fc.nat(real.body.length),
        cut: fc.nat(12),
        put: fc.oneof(fc.string(), fc.json(), fc.constantFrom("null", "-1", "1e3", "{}")),
      });
      const status = fc.oneof(
        fc.constant(real.status),
        fc.constantFrom(200, 201, 202, 204, 400, 402, 404, 409, 410, 422, 429, 500, 503),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), status, async (edits, code) => {
          let body = real.body;
          for (const { at, cut, put } of edits) body = body.slice(0, at) + put + body.slice(at + cut);
          const outcomes: Outcome[] = [
            await perform(call, async () => answer(code, body)),
            await lookupBy(call, async () => answer(code, body)),
          ];
          for (const { kind } of outcomes) expect(KINDS).toContain(kind);
          if (code >= 500) expect(outcomes[0]?.kind).not.toBe("approved");
        }),
        { numRuns: 500 },
      );
    });
  });

  describe(`${connector.name}: asking`, () => {
    test("a lost answer is found by asking, and had one effect", async () => {
      if (connector.capabilities.recovery.lookup === "none") return;
      for (const kind of ["charge", "authorize"] as const) {
        const call = harness.approving(kind);
        expect(await perform(call, losing())).toMatchObject({ kind: "unknown" });
        const found = await completed(call, await lookup(call));
        expect(found).toMatchObject({ kind: "approved", amount: call.amount, currency: call.currency });
        expect(await harness.countEffects(call)).toBe(1);
      }
    });

    test("a lost decline is found by asking", async () => {
      if (connector.capabilities.recovery.lookup === "none") return;
      const call = harness.declining("charge");
      await perform(call, losing());
      expect(await completed(call, await lookup(call))).toMatchObject({ kind: "declined" });
    });

    test.each(LATER)("a lost answer to a %s is found by asking", async (kind) => {
      if (connector.capabilities.recovery.lookup === "none") return;
      const { opening, attemptReference } = await approvedOpening(kind === "refund" ? "charge" : "authorize");
      const call = followingCall(opening, kind, { attemptReference });
      await perform(call, losing());
      expect(["approved", "pending"]).toContain((await lookup(call)).kind);
      expect(await harness.countEffects(call)).toBe(1);
    });

    test("what never arrived is not found, and where that is conclusive it never happens afterwards", async () => {
      const { lookup: verb } = connector.capabilities.recovery;
      if (verb === "none") return;
      const call = harness.approving("charge");
      expect(await lookup(call)).toEqual({ kind: "not_found", conclusive: verb === "conclusive" });
      if (verb !== "conclusive") return;
      expect((await perform(call)).kind).toBe("failed");
      expect(await harness.countEffects(call)).toBe(0);
    });

    test("asking without concluding leaves the key usable", async () => {
      if (connector.capabilities.recovery.lookup === "none") return;
      const call = harness.approving("charge");
      expect(await lookup(call, false)).toMatchObject({ kind: "not_found" });
      expect(await pay(call)).toMatchObject({ kind: "approved" });
      expect(await harness.countEffects(call)).toBe(1);
    });
  });
}
