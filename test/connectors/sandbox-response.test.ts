import { describe, expect, test } from "vitest";
import type { ProcessorAnswer } from "../../src/connectors/connector.ts";
import { readLookup, readPerform } from "../../src/connectors/sandbox/response.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { followingCall, openingCall } from "./calls.ts";

const call = openingCall("charge", "4242424242424242");
const ABOUT = { op: "sale", key: call.key, order: call.paymentId, txn: "sx_1", amt: 1000, ccy: "GBP" };

function answer(status: number, body: unknown): ProcessorAnswer {
  return { kind: "answer", status, headers: new Headers(), body: JSON.stringify(body) };
}

function kindOf(status: number, body: unknown): Outcome["kind"] {
  return readPerform(answer(status, body), call).kind;
}

describe("an answer of the sandbox", () => {
  test.each<[string, number, unknown, Outcome["kind"]]>([
    ["OK", 200, { res: "OK", ...ABOUT }, "approved"],
    ["OK with another status", 202, { res: "OK", ...ABOUT }, "unknown"],
    ["OK in a 500", 500, { res: "OK", ...ABOUT }, "unknown"],
    ["NO", 402, { res: "NO", ...ABOUT, why: "51" }, "declined"],
    ["NO in a 200", 200, { res: "NO", ...ABOUT, why: "51" }, "unknown"],
    ["NO in a 500", 500, { res: "NO", ...ABOUT, why: "51" }, "unknown"],
    ["NO without a reason", 402, { res: "NO", ...ABOUT }, "unknown"],
    ["WAIT", 202, { res: "WAIT", ...ABOUT }, "pending"],
    ["ASK", 200, { res: "ASK", ...ABOUT, go: "https://bank.example/1" }, "challenge"],
    ["ASK without a page", 200, { res: "ASK", ...ABOUT }, "unknown"],
    ["ASK with a relative page", 200, { res: "ASK", ...ABOUT, go: "/1" }, "unknown"],
    ["a word we do not know", 200, { res: "FINE", ...ABOUT }, "unknown"],
    ["another key", 200, { res: "OK", ...ABOUT, key: "att_other" }, "unknown"],
    ["no key", 200, { res: "OK", ...ABOUT, key: undefined }, "unknown"],
    ["another operation", 200, { res: "OK", ...ABOUT, op: "hold" }, "unknown"],
    ["another amount", 200, { res: "OK", ...ABOUT, amt: 999 }, "conflicted"],
    ["another currency", 200, { res: "OK", ...ABOUT, ccy: "EUR" }, "conflicted"],
    ["a pending one of another amount", 202, { res: "WAIT", ...ABOUT, amt: 1 }, "conflicted"],
    ["an amount that is no integer", 200, { res: "OK", ...ABOUT, amt: 1000.5 }, "unknown"],
    ["an amount in quotes", 200, { res: "OK", ...ABOUT, amt: "1000" }, "unknown"],
    ["no reference", 200, { res: "OK", ...ABOUT, txn: undefined }, "unknown"],
    ["a definite error", 500, { res: "ERR", fault: "internal", done: false }, "failed"],
    ["an error that promises nothing", 500, { res: "ERR", fault: "internal" }, "unknown"],
    ["an error that did something", 500, { res: "ERR", fault: "internal", done: true }, "unknown"],
    ["an error with HTTP 200", 200, { res: "ERR", fault: "internal", done: false }, "unknown"],
    ["a key known for something else", 409, { res: "ERR", fault: "key_reused", done: false }, "conflicted"],
    ["NONE to an order", 404, { res: "NONE", key: call.key, withdrawn: true }, "unknown"],
  ])("%s: HTTP %d", (_, status, body, kind) => {
    expect(kindOf(status, body)).toBe(kind);
  });

  test("with a reason that we do not know is a decline all the same, its code kept", () => {
    expect(readPerform(answer(402, { res: "NO", ...ABOUT, why: "toString" }), call)).toMatchObject({
      kind: "declined",
      error: { category: "other", retryable: false, connectorCode: "toString" },
    });
  });

  test("to a look-up is absence only where the processor says so, conclusive only where it withdrew the key", () => {
    const read = (status: number, body: unknown) => readLookup(answer(status, body), call);
    const none = { res: "NONE", key: call.key };
    expect(read(404, { ...none, withdrawn: true })).toEqual({ kind: "not_found", conclusive: true });
    expect(read(404, none)).toEqual({ kind: "not_found", conclusive: false });
    expect(read(200, none).kind).toBe("unknown");
    expect(read(404, { res: "NONE", key: "att_other", withdrawn: true }).kind).toBe("unknown");
    expect(read(404, { res: "ERR", fault: "no_such_path", done: false }).kind).toBe("unknown");
    expect(read(500, { res: "ERR", fault: "internal", done: false }).kind).toBe("unknown");
  });

  test("to a void may release more or less than we thought, but in no other currency", () => {
    const cancel = followingCall(call, "void", { attemptReference: "sx_1", amount: 0 });
    const released = { res: "OK", ...ABOUT, op: "release", key: cancel.key };
    expect(readPerform(answer(200, released), cancel)).toMatchObject({ kind: "approved", amount: 1000 });
    expect(readPerform(answer(200, { ...released, ccy: "USD" }), cancel)).toMatchObject({ kind: "conflicted" });
  });

  test("to an authentication is about the attempt", () => {
    const finish = followingCall(call, "authenticate", { attemptReference: "sx_1" });
    expect(readPerform(answer(200, { res: "OK", ...ABOUT }), finish)).toMatchObject({ kind: "approved", amount: 1000 });
    expect(readPerform(answer(200, { res: "OK", ...ABOUT, key: finish.key }), finish).kind).toBe("unknown");
  });
});
