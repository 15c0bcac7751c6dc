/** Answers as a broken or hostile processor would write them: a real one with members dropped, retyped or replaced. */
import * as fc from "fast-check";

const ODD_VALUES = [
  null,
  true,
  false,
  0,
  -1,
  1,
  0.5,
  1e21,
  "",
  " ",
  "0",
  "-1",
  "1e3",
  "unheard_of",
  [],
  [1],
  {},
  { a: 1 },
];

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, member]) => pathsOf(member, [...path, name]))];
}

function change(value: unknown, [name, ...rest]: Path, put: unknown): unknown {
  if (name === undefined) return put;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  if (rest.length > 0) copy[name] = change(copy[name], rest, put);
  else if (put === undefined) delete copy[name];
  else copy[name] = put;
  return copy;
}

/** One to three members of `body` dropped (undefined) or replaced by something odd. */
export function mutationsOf(body: string): fc.Arbitrary<string> {
  // An answer without a body can only get one.
  const real: unknown = body === "" ? null : JSON.parse(body);
  const edit = fc.record({ at: fc.constantFrom(...pathsOf(real)), put: fc.constantFrom(undefined, ...ODD_VALUES) });
  return fc.array(edit, { minLength: 1, maxLength: 3 }).map((edits) => {
    let mutated = real;
    for (const { at, put } of edits) {
      try {
        mutated = change(mutated, at, put);
      } catch {
        // An earlier edit has taken away what this one would change.
      }
    }
    return JSON.stringify(mutated) ?? "";
  });
}
