/** Reads what was posted to the processor. Null for anything that is not wholly in its format. */
import type { WireInquiry, WireRequest } from "./wire.ts";

const OPS = new Set(["sale", "hold", "check", "finish", "take", "release", "return"]);

type Loose = Record<string, unknown>;

function isObject(value: unknown): value is Loose {
  return typeof value === "object" && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= 2048;
}

function isNamed(body: Loose): boolean {
  return isText(body["key"]) && isText(body["shop"]) && isText(body["order"]);
}

export function readInquiry(body: unknown): WireInquiry | null {
  return isObject(body) && isNamed(body) && typeof body["withdraw"] === "boolean"
    ? (body as unknown as WireInquiry)
    : null;
}

export function readRequest(body: unknown): WireRequest | null {
  if (!isObject(body) || !isNamed(body) || !OPS.has(String(body["op"]))) return null;
  const { amt, ccy, src, sca, back, of, profile } = body;
  if (!Number.isSafeInteger(amt) || (amt as number) < 0 || !isText(ccy) || !isText(sca)) return null;
  if (!isText(back) || !URL.canParse(back)) return null;
  if (src !== undefined && !(isObject(src) && (src["kind"] === "redirect" || isText(src["pan"])))) return null;
  if (of !== undefined && !(isObject(of) && isText(of["key"]))) return null;
  return isObject(profile) ? (body as unknown as WireRequest) : null;
}
