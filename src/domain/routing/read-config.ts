/** From whatever was sent to a configuration, or to everything that is wrong with its shape. */
import { isCurrency } from "../money/currencies.ts";
import type { Issue } from "../rejection.ts";
import { LIMITS, type Operator, OPERATORS, type RoutingConfig } from "./config.ts";
import { type Field, fieldNamed } from "./fields.ts";

type Json = Record<string, unknown>;

const ORDERED: readonly Operator[] = ["lt", "lte", "gt", "gte"];
const USES = ["priority", "split", "bestRate"];

/** `config` is what was sent, as it was sent; null where there are issues. `prefix` leads every path. */
export function readConfig(input: unknown, prefix = ""): { config: RoutingConfig | null; issues: Issue[] } {
  const reader = new Reader();
  const at = (member: string) => (prefix === "" ? member : `${prefix}.${member}`);
  const document = reader.object(input, prefix, ["rules", "default", "retry"]);
  if (document !== null) {
    if (document["rules"] !== undefined) reader.rules(document["rules"], at("rules"));
    if (document["default"] !== undefined) reader.use(document["default"], at("default"));
    if (document["retry"] !== undefined) reader.retry(document["retry"], at("retry"));
  }
  const { issues } = reader;
  return { config: issues.length === 0 ? (input as RoutingConfig) : null, issues };
}

class Reader {
  readonly issues: Issue[] = [];
  #conditions = 0;

  rules(value: unknown, path: string): void {
    for (const [index, each] of this.list(value, path, { max: LIMITS.rules }).entries()) {
      const at = `${path}[${index}]`;
      const rule = this.object(each, at, ["name", "when", "use"]);
      if (rule === null) continue;
      if (rule["name"] !== undefined) this.text(rule["name"], `${at}.name`, LIMITS.nameLength);
      this.#conditions = 0;
      if (rule["when"] !== undefined) this.condition(rule["when"], `${at}.when`, 1);
      if (this.#conditions > LIMITS.conditions)
        this.add(`${at}.when`, `must have at most ${LIMITS.conditions} conditions`, "too_big");
      if (rule["use"] === undefined) this.add(`${at}.use`, "is required", "required");
      else this.use(rule["use"], `${at}.use`);
    }
  }

  retry(value: unknown, path: string): void {
    const retry = this.object(value, path, ["maxAttempts"]);
    const attempts = retry?.["maxAttempts"];
    if (attempts === undefined) return;
    if (!Number.isInteger(attempts) || Number(attempts) < 1 || Number(attempts) > LIMITS.maxAttempts)
      this.add(`${path}.maxAttempts`, `must be a whole number from 1 to ${LIMITS.maxAttempts}`);
  }

  use(value: unknown, path: string): void {
    const use = this.object(value, path, USES);
    if (use === null) return;
    const given = USES.filter((name) => use[name] !== undefined);
    if (given.length !== 1) this.add(path, "must have one of `priority`, `split` and `bestRate`");
    if (use["priority"] !== undefined) this.connectors(use["priority"], `${path}.priority`);
    if (use["split"] !== undefined) this.split(use["split"], `${path}.split`);
    if (use["bestRate"] !== undefined) this.bestRate(use["bestRate"], `${path}.bestRate`);
  }

  bestRate(value: unknown, path: string): void {
    const bandit = this.object(value, path, ["connectors", "explore"]);
    if (bandit === null) return;
    if (bandit["connectors"] === undefined) this.add(`${path}.connectors`, "is required", "required");
    else this.connectors(bandit["connectors"], `${path}.connectors`);
    const { explore } = bandit;
    if (explore !== undefined && !(typeof explore === "number" && explore >= 0 && explore <= 1))
      this.add(`${path}.explore`, "must be a number from 0 to 1");
  }

  split(value: unknown, path: string): void {
    for (const [index, each] of this.list(value, path, { min: 1, max: LIMITS.connectors }).entries()) {
      const at = `${path}[${index}]`;
      const share = this.object(each, at, ["connector", "weight"]);
      if (share === null) continue;
      if (share["connector"] === undefined) this.add(`${at}.connector`, "is required", "required");
      else this.text(share["connector"], `${at}.connector`, LIMITS.nameLength);
      const { weight } = share;
      if (weight === undefined) this.add(`${at}.weight`, "is required", "required");
      else if (!(typeof weight === "number" && weight >= 0 && weight <= LIMITS.weight))
        this.add(`${at}.weight`, `must be a number from 0 to ${LIMITS.weight}`);
    }
  }

  connectors(value: unknown, path: string): void {
    for (const [index, each] of this.list(value, path, { min: 1, max: LIMITS.connectors }).entries())
      this.text(each, `${path}[${index}]`, LIMITS.nameLength);
  }

  condition(value: unknown, path: string, depth: number): void {
    this.#conditions += 1;
    if (depth > LIMITS.depth) return this.add(path, `must be nested at most ${LIMITS.depth} deep`, "too_big");
    if (isObject(value) && "field" in value) return this.comparison(value, path);
    const group = this.object(value, path, ["all", "any", "not"]);
    if (group === null) return;
    const given = Object.keys(group);
    if (given.length > 1) return this.add(path, "must have only one of `all`, `any` and `not`, or be a comparison");
    if ("not" in group) this.condition(group["not"], `${path}.not`, depth + 1);
    for (const name of ["all", "any"]) {
      if (!(name in group)) continue;
      const members = this.list(group[name], `${path}.${name}`, { min: 1, max: LIMITS.conditions });
      for (const [index, each] of members.entries()) this.condition(each, `${path}.${name}[${index}]`, depth + 1);
    }
  }

  comparison(value: Json, path: string): void {
    const comparison = this.object(value, path, ["field", "op", "value"]);
    if (comparison === null) return;
    const { field: name, op } = comparison;
    const field = typeof name === "string" ? fieldNamed(name) : undefined;
    if (field === undefined) this.add(`${path}.field`, "is not a field that rules can look at");
    if (op === undefined) return this.add(`${path}.op`, "is required", "required");
    if (!(OPERATORS as readonly unknown[]).includes(op))
      return this.add(`${path}.op`, `must be one of ${OPERATORS.join(", ")}`);
    if (comparison["value"] === undefined) return this.add(`${path}.value`, "is required", "required");
    if (field !== undefined)
      this.operand(field, { name: name as string, op: op as Operator }, comparison["value"], path);
  }

  operand(field: Field, { name, op }: { name: string; op: Operator }, value: unknown, path: string): void {
    if (ORDERED.includes(op) && field.type !== "number")
      return this.add(`${path}.op`, `does not fit ${name}, which is a text`);
    if (op === "prefix" && field.type !== "text")
      return this.add(`${path}.op`, `does not fit ${name}, which is a number`);
    if (op !== "in" && op !== "nin")
      return this.single(field, { name, isPart: op === "prefix" }, value, `${path}.value`);
    for (const [index, each] of this.list(value, `${path}.value`, { min: 1, max: LIMITS.values }).entries())
      this.single(field, { name, isPart: false }, each, `${path}.value[${index}]`);
  }

  single(field: Field, { name, isPart }: { name: string; isPart: boolean }, value: unknown, path: string): void {
    if (field.type === "number") {
      if (!Number.isSafeInteger(value) || Number(value) < 0) this.add(path, "must be a whole number of minor units");
      return;
    }
    if (typeof value !== "string" || value === "" || value.length > LIMITS.valueLength)
      return this.add(path, `must be a text of 1 to ${LIMITS.valueLength} characters`);
    if (field.maxLength !== undefined && value.length > field.maxLength)
      return this.add(path, `can never match: of ${name} only the first ${field.maxLength} digits are kept`);
    if (isPart) return;
    const isKnown = field.values === undefined || field.values.includes(value.toLowerCase());
    if (!isKnown) this.add(path, `must be one of ${field.values?.join(", ")}`);
    if (name === "currency" && !isCurrency(value.toLowerCase())) this.add(path, "must be an ISO 4217 alphabetic code");
    if (name.endsWith(".country") && !/^[a-z]{2}$/i.test(value)) this.add(path, "must be an ISO 3166-1 alpha-2 code");
  }

  object(value: unknown, path: string, members: readonly string[]): Json | null {
    if (!isObject(value)) {
      this.add(path, "must be an object", "invalid_type");
      return null;
    }
    for (const name of Object.keys(value)) {
      const isPlain = /^[\w.-]{1,64}$/.test(name);
      const shown = isPlain ? name : "[masked]";
      if (!members.includes(name))
        this.add(path === "" ? shown : `${path}.${shown}`, "is not a known field", "unrecognized_key");
    }
    return value;
  }

  list(value: unknown, path: string, { min = 0, max }: { min?: number; max: number }): unknown[] {
    if (!Array.isArray(value)) {
      this.add(path, "must be a list", "invalid_type");
      return [];
    }
    if (value.length < min) this.add(path, "must not be empty", "too_small");
    if (value.length > max) this.add(path, `must have at most ${max} members`, "too_big");
    return value.slice(0, max);
  }

  text(value: unknown, path: string, max: number): void {
    if (typeof value !== "string" || value === "" || value.length > max)
      this.add(path, `must be a text of 1 to ${max} characters`);
  }

  add(path: string, message: string, code = "custom"): void {
    this.issues.push({ path, code, message });
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
