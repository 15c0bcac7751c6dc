import { expect, test } from "vitest";
import { type Circuit, circuitAt, CLOSED, MIN_SAMPLES, observeAnswer } from "../../../src/domain/routing/circuit.ts";

const SECOND = 1000;

/** `answers`: one a second, `+` good and `-` bad. */
function after(answers: string, circuit: Circuit = CLOSED, from = 0): Circuit {
  return [...answers].reduce((now, answer, n) => observeAnswer(now, answer === "+", from + n * SECOND), circuit);
}

const opened = after("-".repeat(MIN_SAMPLES));
const openedAt = (MIN_SAMPLES - 1) * SECOND;

test("a few errors prove nothing", () => {
  expect(after("-".repeat(MIN_SAMPLES - 1)).state).toBe("closed");
});

test("it opens on the share of errors, once there are samples enough", () => {
  expect(opened.state).toBe("open");
  expect(after("+++++-----").state).toBe("open");
  expect(after("++++++----").state).toBe("closed");
});

test("a good answer never opens it, whatever was before", () => {
  expect(after("---------+").state).toBe("closed");
});

test("errors that are long past do not count", () => {
  const before = after("---------");
  expect(observeAnswer(before, false, 10 * 60 * SECOND).state).toBe("closed");
});

test("open, it rests, and is then half open", () => {
  expect(circuitAt(opened, openedAt + 9 * SECOND).state).toBe("open");
  expect(circuitAt(opened, openedAt + 10 * SECOND).state).toBe("half_open");
});

test("calls that left before it opened neither close nor prolong it", () => {
  expect(after("+++---", opened, openedAt + SECOND)).toEqual(opened);
});

test("good canaries close it, and its past is forgotten", () => {
  const closed = after("+++", opened, openedAt + 10 * SECOND);
  expect([closed.state, closed.trips]).toEqual(["closed", 0]);
  expect(after("-".repeat(MIN_SAMPLES - 1), closed, openedAt + 20 * SECOND).state).toBe("closed");
});

test("a bad canary opens it again, each time for twice as long, up to five minutes", () => {
  let circuit = opened;
  let at = openedAt;
  const rests: number[] = [];
  for (let trip = 0; trip < 7; trip++) {
    let rest = 0;
    while (circuitAt(circuit, at + rest).state === "open") rest += SECOND;
    rests.push(rest / SECOND);
    at += rest;
    circuit = observeAnswer(circuit, false, at);
  }
  expect(rests).toEqual([10, 20, 40, 80, 160, 300, 300]);
});

test("one bad canary among good ones is forgiven", () => {
  const from = openedAt + 10 * SECOND;
  expect(after("++-+", opened, from).state).toBe("closed");
  expect(after("+-", opened, from).state).toBe("open");
});
