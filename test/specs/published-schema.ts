/** Checks JSON against a slice of a processor's published OpenAPI document (`fixtures`). */
import { readFileSync } from "node:fs";
import addFormats from "ajv-formats";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

type Node = Record<string, unknown>;
type Operation = { requestBody?: Content; responses?: Record<string, Content> };
type Content = { content: Record<string, { schema: Node }> };

export interface Slice {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Node> };
  /** Names that the document lists, where a test wants them all. */
  [list: string]: unknown;
}

export function readSlice(name: string): Slice {
  return JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/${name}.json`, "utf8")) as Slice;
}

export interface Checker {
  /** What is wrong with it; empty where nothing is. */
  check: (body: unknown) => string[];
  /** What the document got wrong itself and had to be left out: each is a hole in the check. */
  repairs: string[];
}

export function requestChecker(slice: Slice, path: string, method = "post"): Checker {
  return checker(slice, slice.paths[path]?.[method]?.requestBody, `${method} ${path}`);
}

export function answerChecker(slice: Slice, path: string, status: number, method = "post"): Checker {
  return checker(slice, slice.paths[path]?.[method]?.responses?.[status], `${method} ${path} ${status}`);
}

/** The values that the document lists for a member of a schema, wherever in it they stand. */
export function listedValues(slice: Slice, schema: string, member: string): string[] {
  const found = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const listed = (node as { properties?: Record<string, { enum?: string[] }> }).properties?.[member]?.enum ?? [];
    for (const value of listed) found.add(value);
    for (const child of Object.values(node)) visit(child);
  };
  visit(slice.components.schemas[schema]);
  if (found.size === 0) throw new Error(`${schema}.${member} lists nothing`);
  return [...found];
}

const compiled = new WeakMap<object, Checker>();

function checker(slice: Slice, content: Content | undefined, name: string): Checker {
  const known = content === undefined ? undefined : compiled.get(content);
  if (known !== undefined) return known;
  const made = makeChecker(slice, content, name);
  if (content !== undefined) compiled.set(content, made);
  return made;
}

function makeChecker(slice: Slice, content: Content | undefined, name: string): Checker {
  const [[type, media] = []] = Object.entries(content?.content ?? {});
  if (media === undefined) throw new Error(`the slice has no body of ${name}`);
  const repairs: string[] = [];
  const $defs = Object.fromEntries(
    Object.entries(slice.components.schemas).map(([key, schema]) => [key, repaired(schema, repairs)]),
  );
  const root = { ...(repaired(media.schema, repairs) as Node), $defs };
  const schema = JSON.parse(JSON.stringify(root).replaceAll('"#/components/schemas/', '"#/$defs/')) as Node;
  const validate = compile(schema, { isForm: type === "application/x-www-form-urlencoded" });
  return {
    repairs,
    check: (body) =>
      validate(body) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`),
  };
}

/** In a form everything is a text: what reads as a number or a truth is one. */
function compile(schema: Node, { isForm }: { isForm: boolean }): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false, coerceTypes: isForm });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  for (const format of ["int32", "int64", "ppaas_money_v2", "byte"])
    if (!(format in ajv.formats)) ajv.addFormat(format, true);
  return ajv.compile(schema);
}

const TYPES = new Set<unknown>(["string", "number", "integer", "boolean", "object", "array", "null"]);

/** OpenAPI 3.0 as JSON Schema 2020-12, without what its authors got wrong. */
function repaired(node: unknown, repairs: string[], isMap = false): unknown {
  if (Array.isArray(node)) return node.map((item) => repaired(item, repairs));
  if (typeof node !== "object" || node === null) return node;
  const copy: Node = {};
  for (const [name, value] of Object.entries(node)) {
    if (!isMap && (name === "discriminator" || name === "$schema")) continue;
    if (!isMap && (name === "enum" || name === "default" || name === "required")) copy[name] = value;
    else copy[name] = repaired(value, repairs, !isMap && (name === "properties" || name === "patternProperties"));
  }
  return isMap ? copy : repairKeywords(copy, repairs);
}

function repairKeywords(schema: Node, repairs: string[]): Node {
  const { type, required, pattern, nullable } = schema;
  if (type !== undefined && ![type].flat().every((name) => TYPES.has(name))) {
    repairs.push(`type ${JSON.stringify(type)}`);
    delete schema["type"];
  }
  if (required !== undefined && !Array.isArray(required)) {
    repairs.push("required is no list");
    delete schema["required"];
  }
  if (typeof pattern === "string" && !isPattern(pattern)) {
    repairs.push(`pattern ${pattern}`);
    delete schema["pattern"];
  }
  if (nullable === true && typeof schema["type"] === "string") schema["type"] = [schema["type"], "null"];
  if (nullable === true && Array.isArray(schema["anyOf"])) schema["anyOf"] = [...schema["anyOf"], { type: "null" }];
  if (nullable === true && Array.isArray(schema["enum"])) schema["enum"] = [...schema["enum"], null];
  // Said in the types from here on; without a type it says nothing.
  delete schema["nullable"];
  for (const [flag, limit] of [
    ["exclusiveMinimum", "minimum"],
    ["exclusiveMaximum", "maximum"],
  ] as const) {
    if (typeof schema[flag] !== "boolean") continue;
    if (schema[flag]) schema[flag] = schema[limit];
    else delete schema[flag];
  }
  return schema;
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u") instanceof RegExp;
  } catch {
    return false;
  }
}
