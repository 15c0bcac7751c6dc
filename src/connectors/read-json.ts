/** Reading what a stranger wrote: every member is looked at before it is believed, and nothing throws. */

export type Json = Readonly<Record<string, unknown>>;

/** Longer than any code, id or URL that a processor sends us; more is not what we asked for. */
const MAX_TEXT = 4_000;

/** Null where the text is no JSON object. */
export function parseObject(text: string): Json | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

export function asObject(value: unknown): Json | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

export function objectAt(json: Json | null, name: string): Json | null {
  return json === null || !Object.hasOwn(json, name) ? null : asObject(json[name]);
}

/** Null where it is absent, empty, no text, or absurdly long. */
export function textAt(json: Json | null, name: string): string | null {
  const value = json !== null && Object.hasOwn(json, name) ? json[name] : null;
  return typeof value === "string" && value !== "" && value.length <= MAX_TEXT ? value : null;
}

/** Null where it is no integer that a double holds exactly. */
export function integerAt(json: Json | null, name: string): number | null {
  const value = json !== null && Object.hasOwn(json, name) ? json[name] : null;
  return typeof value === "number" && Number.isSafeInteger(value) ? value : null;
}

/** The objects in it; empty where it is no list. */
export function listAt(json: Json | null, name: string): Json[] {
  const value = json !== null && Object.hasOwn(json, name) ? json[name] : null;
  return Array.isArray(value) ? value.map(asObject).filter((item) => item !== null) : [];
}

/** An absolute http(s) address, as a shopper's browser can open it. */
export function webAddressAt(json: Json | null, name: string): string | null {
  const text = textAt(json, name);
  return text !== null && /^https?:$/.test(URL.parse(text)?.protocol ?? "") ? text : null;
}

/** No payment of ours is older: what reads as an earlier time is no time. */
const EARLIEST_MS = Date.UTC(2020, 0, 1);

/** ms since 1970 of an ISO 8601 date, with its time or without. JavaScript itself also takes "-1" for a date. */
export function momentAt(json: Json | null, name: string): number | null {
  const text = textAt(json, name);
  const moment = text !== null && /^\d{4}-\d\d-\d\d(?:T|$)/.test(text) ? Date.parse(text) : Number.NaN;
  return moment >= EARLIEST_MS ? moment : null;
}
