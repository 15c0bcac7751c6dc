/** JSON Canonicalization Scheme, RFC 8785: equal values give equal text, so their digests can be compared. */

/**
 * Members in the order of their names' UTF-16 units, no white space, numbers and strings as ECMAScript writes them.
 * Members that are `undefined` are left out, as `JSON.stringify` does. Throws on what JSON cannot say.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) throw new TypeError("a lone surrogate has no canonical form");
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical form`);
      return JSON.stringify(value);
    case "boolean":
      return String(value);
    case "object":
      break;
    default:
      throw new TypeError(`a ${typeof value} has no canonical form`);
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members: string[] = [];
  // The default order of `sort` is the order of UTF-16 code units, as section 3.2.3 demands.
  for (const name of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[name];
    if (member !== undefined) members.push(`${canonicalJson(name)}:${canonicalJson(member)}`);
  }
  return `{${members.join(",")}}`;
}
