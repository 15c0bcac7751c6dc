import { type Comparison, type Condition, isComparison, type RoutingConfig, type Rule } from "./config.ts";
import { fieldNamed, type FieldValue } from "./fields.ts";

export type ReadField = (name: string) => FieldValue;

/**
 * Whether the condition holds. A field that the payment lacks fulfils only `ne` and `nin`. Where a field has several
 * values, one that fits is enough, and `ne` and `nin` want none that fits.
 */
export function holds(condition: Condition, read: ReadField): boolean {
  if (isComparison(condition)) return compares(condition, read(condition.field));
  if ("all" in condition) return condition.all.every((each) => holds(each, read));
  if ("any" in condition) return condition.any.some((each) => holds(each, read));
  if ("not" in condition) return !holds(condition.not, read);
  return true;
}

/** The first rule that matches; null: none. */
export function matchRule(config: RoutingConfig, read: ReadField): { index: number; rule: Rule } | null {
  const { rules = [] } = config;
  for (const [index, rule] of rules.entries()) {
    if (rule.when === undefined || holds(rule.when, read)) return { index, rule };
  }
  return null;
}

/** Every field that the rules look at, each once. */
export function fieldsUsed({ rules = [] }: RoutingConfig): string[] {
  const names = new Set<string>();
  const walk = (condition: Condition): void => {
    if (isComparison(condition)) names.add(condition.field);
    else if ("all" in condition) for (const each of condition.all) walk(each);
    else if ("any" in condition) for (const each of condition.any) walk(each);
    else if ("not" in condition) walk(condition.not);
  };
  for (const { when } of rules) if (when !== undefined) walk(when);
  return [...names];
}

function compares({ field, op, value }: Comparison, found: FieldValue): boolean {
  switch (op) {
    case "ne":
      return !isAnyOf(found, [value as string | number], field);
    case "nin":
      return !isAnyOf(found, value as readonly (string | number)[], field);
    case "eq":
      return isAnyOf(found, [value as string | number], field);
    case "in":
      return isAnyOf(found, value as readonly (string | number)[], field);
    case "prefix":
      return textsOf(found, field).some((text) => text.startsWith(fold(String(value), field)));
    case "lt":
    case "lte":
    case "gt":
    case "gte":
      return typeof found === "number" && typeof value === "number" && isOrdered(op, found, value);
  }
}

function isOrdered(op: "lt" | "lte" | "gt" | "gte", found: number, value: number): boolean {
  if (op === "lt") return found < value;
  if (op === "lte") return found <= value;
  return op === "gt" ? found > value : found >= value;
}

function isAnyOf(found: FieldValue, wanted: readonly (string | number)[], field: string): boolean {
  if (typeof found === "number") return wanted.includes(found);
  const texts = textsOf(found, field);
  return texts.length > 0 && wanted.some((each) => texts.includes(fold(String(each), field)));
}

function textsOf(found: FieldValue, field: string): string[] {
  if (found === undefined || typeof found === "number") return [];
  return typeof found === "string" ? [fold(found, field)] : found.map((each) => fold(each, field));
}

function fold(text: string, field: string): string {
  return fieldNamed(field)?.caseless === true ? text.toLowerCase() : text;
}
