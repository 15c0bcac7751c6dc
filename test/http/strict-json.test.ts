import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_DEPTH, scanJson } from "../../src/http/strict-json.ts";

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("every text that JSON.stringify writes is taken, apart from what it is strict about", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: "binary" }), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      fc.pre(!/__proto__|\\u0000/.test(text) && depthOf(value) <= MAX_DEPTH);
      const { problem, issues } = scanJson(text);
      expect(problem).toBe(null);
      // `JSON.stringify` writes each number as we want it.
      expect(issues).toEqual([]);
    }),
  );
});

test("a text without a problem parses, and one that does not parse has a problem", () => {
  const soup = fc.array(
    fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      '"a"',
      '"b"',
      "1",
      "-",
      "0",
      ".",
      "e",
      "true",
      "null",
      "\\",
      "\\u",
      "d800",
      " ",
      "\n",
      "\u0001",
      "é",
      "\ufeff",
    ),
    { maxLength: 14 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        soup.map((parts) => parts.join("")),
        fc.string(),
      ),
      (text) => {
        const { problem } = scanJson(text);
        if (problem === null) expect(parses(text)).toBe(true);
        if (!parses(text)) expect(problem).not.toBe(null);
      },
    ),
    { numRuns: 20_000 },
  );
});

test("damage at any place of a body is found wherever JSON.parse finds it", () => {
  const body = JSON.stringify({
    amount: 1000,
    currency: "gbp",
    cartItems: [{ name: "M\u00fctze", price: 12.5, ok: [true, null] }],
  });
  fc.assert(
    fc.property(fc.nat(body.length), fc.constantFrom("", ...'{}[]",:\\ 0x'), (at, replacement) => {
      const text = body.slice(0, at) + replacement + body.slice(at + 1);
      if (!parses(text)) expect(scanJson(text).problem).not.toBe(null);
    }),
    { numRuns: 3000 },
  );
});

test("a number is taken where writing it again gives the same text", () => {
  const bodies: [string, boolean][] = [
    ["1000", true],
    ["0", true],
    ["-1", true],
    ["51.5", true],
    ["0.1", true],
    ["9007199254740992", true],
    ["1e3", false],
    ["1E3", false],
    ["1.0", false],
    ["1000.0", false],
    ["-0", false],
    ["0.10", false],
    ["9007199254740993", false],
    ["1e400", false],
    ["0.1000000000000000055", false],
    ["123456789012345678901234567890", false],
  ];
  for (const [number, isTaken] of bodies) {
    const { problem, issues } = scanJson(`{"cartItems":[{"price":${number}}]}`);
    expect(problem).toBe(null);
    expect([number, issues.map(({ path, code }) => `${path} ${code}`)]).toEqual([
      number,
      isTaken ? [] : ["cartItems[0].price invalid_number"],
    ]);
  }
});

test("what is no JSON to us is named with its place", () => {
  const cases: [string, RegExp, string][] = [
    ['{"a":1,"a":2}', /stands twice/, "a"],
    ['{"a":{"b":1,"\\u0062":2}}', /stands twice/, "a.b"],
    ['{"__proto__":{}}', /__proto__/, "__proto__"],
    ['{"a\\u0000":1}', /not well-formed/, "[masked]"],
    ['{"\\ud800":1}', /not well-formed/, "[masked]"],
    ["\ufeff{}", /byte order mark/, ""],
    ["{} {}", /unexpected text after/, ""],
    ["", /ends too early/, ""],
    ["{", /ends too early/, ""],
    ['{"a":"', /ends inside a string/, "a"],
    ["[1,]", /unexpected character/, "[1]"],
    ["{'a':1}", /unexpected character/, ""],
    ["[01]", /unexpected character/, ""],
    ['["\t"]', /unexpected character/, "[0]"],
    ["NaN", /unexpected character/, ""],
  ];
  for (const [text, message, path] of cases) {
    const { problem } = scanJson(text);
    expect([text, problem?.message ?? ""]).toEqual([text, expect.stringMatching(message)]);
    expect([text, problem?.path]).toEqual([text, path]);
  }
});

test("sixteen levels are taken, seventeen are not, and a million cost nothing", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  expect(scanJson(nested(16)).problem).toBe(null);
  expect(scanJson(nested(17)).problem?.message).toMatch(/deeper than 16/);
  expect(scanJson("[".repeat(1_000_000)).problem?.message).toMatch(/deeper than 16/);
});

test("half a surrogate pair and the character zero are issues of the value that holds them", () => {
  const texts = ['{"a":["\ud800"]}', '{"a":["\\ud800"]}', '{"a":["\\udc00\\ud800"]}', '{"a":["\\u0000"]}'];
  for (const text of texts)
    expect(scanJson(text)).toEqual({
      problem: null,
      issues: [{ path: "a[0]", code: "invalid_text", message: expect.any(String) }],
    });
  expect(scanJson('{"a":["\\ud83d\\ude00","\ud83d\ude00"]}').issues).toEqual([]);
});
