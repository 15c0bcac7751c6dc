/**
 * Payments that stand for all payments, as far as some conditions can tell: for each field every value that they name,
 * its neighbours, something else, and its absence. What holds for these holds for all.
 */
import { type Comparison, type Condition, isComparison } from "./config.ts";
import { fieldNamed, type FieldValue } from "./fields.ts";

export type Sample = Readonly<Record<string, FieldValue>>;

/** Appended to a prefix, it makes a text that nobody names. */
const ELSE = "\u{10fffd}";

export function comparisonsOf(condition: Condition): Comparison[] {
  if (isComparison(condition)) return [condition];
  if ("all" in condition) return condition.all.flatMap(comparisonsOf);
  if ("any" in condition) return condition.any.flatMap(comparisonsOf);
  return "not" in condition ? comparisonsOf(condition.not) : [];
}

/** Null where there are more than `max` of them. */
export function samplesFor(conditions: readonly Condition[], max: number): Sample[] | null {
  const byField = new Map<string, Comparison[]>();
  for (const comparison of conditions.flatMap(comparisonsOf)) {
    byField.set(comparison.field, [...(byField.get(comparison.field) ?? []), comparison]);
  }
  let samples: Sample[] = [{}];
  for (const [field, comparisons] of byField) {
    const values = valuesOf(field, comparisons);
    if (samples.length * values.length > max) return null;
    samples = samples.flatMap((sample) => values.map((value) => ({ ...sample, [field]: value })));
  }
  return samples;
}

function valuesOf(name: string, comparisons: readonly Comparison[]): FieldValue[] {
  const field = fieldNamed(name);
  const named = [...new Set(comparisons.flatMap(({ value }) => value))];
  if (field?.type === "number") {
    const near = named.flatMap((value) => [Number(value) - 1, Number(value), Number(value) + 1]);
    return [...new Set([0, ...near])].filter((value) => value >= 0);
  }
  const absent: FieldValue[] = field?.always === true ? [] : [undefined];
  if (field?.several === true) return [...absent, ...setsOf(field.values ?? [])];
  if (field?.values !== undefined) return [...absent, ...field.values];
  const texts = named.map((value) => (field?.caseless === true ? String(value).toLowerCase() : String(value)));
  const prefixes = comparisons.filter(({ op }) => op === "prefix").map(({ value }) => `${String(value)}${ELSE}`);
  return [...absent, ELSE, ...new Set([...texts, ...prefixes])];
}

/** Every choice of one or more. */
function setsOf(values: readonly string[]): string[][] {
  const sets: string[][] = [];
  for (let chosen = 1; chosen < 2 ** values.length; chosen++) {
    sets.push(values.filter((_, index) => (chosen & (1 << index)) !== 0));
  }
  return sets;
}
