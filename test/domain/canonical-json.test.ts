import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../src/domain/canonical-json.ts";

const json = fc.jsonValue({ maxDepth: 4, stringUnit: "binary" });

test("the canonical text says the same as the value", () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("the order in which members were written does not show", () => {
  const members = fc.uniqueArray(fc.tuple(fc.string(), json), { selector: ([name]) => name });
  fc.assert(
    fc.property(members, (entries) => {
      const forwards = Object.fromEntries(entries);
      const backwards = Object.fromEntries([...entries].reverse());
      expect(canonicalJson(backwards)).toBe(canonicalJson(forwards));
    }),
  );
});

test("members stand in the order of UTF-16 units, as in the example of RFC 8785 section 3.2.3", () => {
  const value = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
  };
  const order = [
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
  ];
  expect([...canonicalJson(value).matchAll(/:"(.*?)"(?=[,}])/g)].map(([, text]) => text)).toEqual(order);
});

test("numbers and texts are written as in the example of RFC 8785 section 3.2.2", () => {
  const value = {
    numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/",
    literals: [null, true, false],
  };
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

test("what JSON cannot say is refused", () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, 1n, "\ud800", { "\udfff": 1 }, [() => 1]]) {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  }
});
