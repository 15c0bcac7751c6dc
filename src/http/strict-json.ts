/**
 * JSON as RFC 8259 leaves it open, closed: one reading of every body. `JSON.parse` keeps the last of duplicate keys,
 * rounds numbers and takes any depth, so the text is scanned before it is parsed.
 */
import type { Issue } from "../domain/rejection.ts";
import { writePath } from "./paths.ts";

export const MAX_DEPTH = 16;

/** Where members take any number, not only integers: what fraud providers want, rates and shares. */
const FRACTIONS_IN: ReadonlySet<unknown> = new Set([
  ...["connectionInformation", "browserInfo", "cartItems", "primaryDeliveryDetails", "customer"],
  ...["settings", "rules", "default", "config"],
]);
/** Integers within those. */
const INTEGERS: ReadonlySet<unknown> = new Set([
  ...["price", "quantity", "colorDepth", "screenHeight", "screenWidth", "timeZoneOffset", "latencyMs", "seed"],
]);

export interface JsonScan {
  /** Why the text is not JSON to us at all; null where it is. */
  problem: { message: string; path: string } | null;
  /** Values that cannot be taken as they are written: these are answered together with the schema's own. */
  issues: Issue[];
}

/** Pure. A text without `problem` parses with `JSON.parse`; one without `issues` parses without loss. */
export function scanJson(text: string, maxDepth = MAX_DEPTH): JsonScan {
  const scanner = new Scanner(text, maxDepth);
  try {
    scanner.document();
    return { problem: null, issues: scanner.issues };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { problem: { message: error.message, path: writePath(scanner.path) }, issues: [] };
  }
}

class Stop extends Error {}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /true|false|null/y;
const ESCAPE = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/;

class Scanner {
  readonly path: (string | number)[] = [];
  readonly issues: Issue[] = [];
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;
  #depth = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  document(): void {
    if (this.#text.charCodeAt(0) === 0xfeff) throw new Stop("the body starts with a byte order mark");
    this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw new Stop(`unexpected text after the JSON value, at position ${this.#at}`);
  }

  #value(): void {
    this.#space();
    const code = this.#text.charCodeAt(this.#at);
    if (code === 0x7b) this.#nested(() => this.#object());
    else if (code === 0x5b) this.#nested(() => this.#array());
    else if (code === 0x22) this.#checkText(this.#string());
    else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) this.#number();
    else if (this.#match(LITERAL) === null) this.#unexpected();
  }

  #nested(read: () => void): void {
    this.#depth += 1;
    if (this.#depth > this.#maxDepth) throw new Stop(`nested deeper than ${this.#maxDepth} levels`);
    this.#at += 1;
    read();
    this.#depth -= 1;
  }

  #object(): void {
    const keys = new Set<string>();
    if (this.#skip(0x7d)) return;
    do {
      this.#space();
      if (this.#text.charCodeAt(this.#at) !== 0x22) this.#unexpected();
      const key = this.#string();
      this.path.push(key);
      if (keys.has(key)) throw new Stop("a member stands twice in one object");
      if (key === "__proto__") throw new Stop("a member is named __proto__");
      if (key.includes("\0") || !key.isWellFormed()) throw new Stop("a member's name is not well-formed text");
      keys.add(key);
      if (!this.#skip(0x3a)) this.#unexpected();
      this.#value();
      this.path.pop();
    } while (this.#skip(0x2c));
    if (!this.#skip(0x7d)) this.#unexpected();
  }

  #array(): void {
    if (this.#skip(0x5d)) return;
    let index = 0;
    do {
      this.path.push(index);
      this.#value();
      this.path.pop();
      index += 1;
    } while (this.#skip(0x2c));
    if (!this.#skip(0x5d)) this.#unexpected();
  }

  /** Reads a string from its opening quote and gives what it says. */
  #string(): string {
    const start = this.#at;
    let escaped = false;
    for (let at = start + 1; at < this.#text.length; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        const raw = this.#text.slice(start, at + 1);
        return escaped ? (JSON.parse(raw) as string) : raw.slice(1, -1);
      }
      if (code < 0x20) this.#unexpected(at);
      if (code === 0x5c) {
        const escape = ESCAPE.exec(this.#text.slice(at, at + 6));
        if (escape === null) this.#unexpected(at);
        else at += escape[0].length - 1;
        escaped = true;
      }
    }
    throw new Stop("the text ends inside a string");
  }

  #checkText(text: string): void {
    if (text.includes("\0")) this.#issue("invalid_text", "must not contain the character U+0000");
    else if (!text.isWellFormed()) this.#issue("invalid_text", "contains half of a surrogate pair");
  }

  /**
   * A number is taken where writing it again gives the same text: nothing was rounded, nothing reinterpreted. Where
   * fractions belong, `1.0` is as good as `1`, and only what cannot be held is refused.
   */
  #number(): void {
    const raw = this.#match(NUMBER);
    if (raw === null) return this.#unexpected();
    if (String(Number(raw)) === raw) return;
    const isFraction = FRACTIONS_IN.has(this.path[0]) && !INTEGERS.has(this.path.at(-1)) && /[.eE]/.test(raw);
    if (!isFraction || !Number.isFinite(Number(raw))) {
      this.#issue(
        "invalid_number",
        "must be written plainly and be exact: no exponent, no trailing zeros, at most 15 significant digits",
      );
    }
  }

  #issue(code: string, message: string): void {
    this.issues.push({ path: writePath(this.path), code, message });
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? null;
    this.#at += found?.length ?? 0;
    return found;
  }

  #skip(code: number): boolean {
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#at += 1;
    return true;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #unexpected(at = this.#at): never {
    throw new Stop(at >= this.#text.length ? "the text ends too early" : `unexpected character at position ${at}`);
  }
}
