/** Finding card numbers: in the one field where they belong, and everywhere else, where they are refused. */

/** ISO/IEC 7812-1 annex B. `digits` holds digits only. */
export function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    let digit = digits.charCodeAt(digits.length - 1 - i) - 0x30;
    if (i % 2 === 1) {
      digit *= 2;
      if (digit > 9) digit -= 9;
    }
    sum += digit;
  }
  return sum % 10 === 0;
}

interface Brand {
  name: string;
  /** Ranges of the leading digits, first to last, of equal length. */
  prefixes: readonly (readonly [string, string])[];
  lengths: readonly number[];
}

/** In order: the first that fits names the brand. After ISO/IEC 7812 and the schemes' published ranges. */
const BRANDS: readonly Brand[] = [
  {
    name: "amex",
    prefixes: [
      ["34", "34"],
      ["37", "37"],
    ],
    lengths: [15],
  },
  {
    name: "diners",
    prefixes: [
      ["300", "305"],
      ["36", "36"],
      ["38", "39"],
    ],
    lengths: [14, 16, 19],
  },
  { name: "jcb", prefixes: [["3528", "3589"]], lengths: [16, 17, 18, 19] },
  { name: "visa", prefixes: [["4", "4"]], lengths: [13, 16, 19] },
  {
    name: "mastercard",
    prefixes: [
      ["51", "55"],
      ["2221", "2720"],
    ],
    lengths: [16],
  },
  {
    name: "discover",
    prefixes: [
      ["6011", "6011"],
      ["644", "649"],
      ["65", "65"],
    ],
    lengths: [16, 17, 18, 19],
  },
  {
    name: "unionpay",
    prefixes: [
      ["62", "62"],
      ["81", "81"],
    ],
    lengths: [16, 17, 18, 19],
  },
  {
    name: "maestro",
    prefixes: [
      ["50", "50"],
      ["56", "59"],
      ["60", "61"],
      ["63", "63"],
      ["66", "69"],
    ],
    lengths: [12, 13, 14, 15, 16, 17, 18, 19],
  },
];

/** `unknown` where no scheme issues such a number. */
export function brandOf(digits: string): string {
  for (const brand of BRANDS) {
    if (!brand.lengths.includes(digits.length)) continue;
    for (const [first, last] of brand.prefixes) {
      const lead = digits.slice(0, first.length);
      if (lead >= first && lead <= last) return brand.name;
    }
  }
  return "unknown";
}

/** Groups of digits, each next at most two spaces or dashes away; any script's dashes and spaces count. */
const RUN = /\d+(?:[\s\p{Pd}]{1,2}\d+)*/gu;
const GROUP = /\d+/g;

/** Every reading of 13 to 19 digits as whole neighbouring groups: `4242 4242 4242 4242 12/30` holds a card too. */
function* candidates(text: string): Generator<{ digits: string; start: number; end: number; spaced: boolean }> {
  for (const run of text.matchAll(RUN)) {
    if (run[0].length < 13) continue;
    const groups = [...run[0].matchAll(GROUP)];
    for (let first = 0; first < groups.length; first += 1) {
      let digits = "";
      for (let last = first; last < groups.length && digits.length < 19; last += 1) {
        digits += groups[last]?.[0] ?? "";
        if (digits.length < 13 || digits.length > 19) continue;
        const start = run.index + (groups[first]?.index ?? 0);
        const end = run.index + (groups[last]?.index ?? 0) + (groups[last]?.[0].length ?? 0);
        yield { digits, start, end, spaced: last > first };
      }
    }
  }
}

/** Digits of other scripts (full-width, Arabic-Indic) are digits to a reader, so they are to us. */
function plainDigits(text: string): string {
  return /[^\x00-\x7f]/.test(text) ? text.normalize("NFKC").replace(/\p{Nd}/gu, decimalValue) : text;
}

/** Unicode keeps each script's ten digits together, zero first and aligned by the block's own start. */
function decimalValue(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (zero > code - 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String(code - zero);
}

const LONG_ENOUGH = /\d(?:[\s\p{Pd}]{0,2}\d){12}/u;

/** Whether a text holds a Luhn-valid run of 13 to 19 digits, spaces and dashes between them or not. */
export function holdsCardNumber(text: string): boolean {
  if (text.length < 13) return false;
  const plain = plainDigits(text);
  if (!LONG_ENOUGH.test(plain)) return false;
  for (const { digits } of candidates(plain)) if (passesLuhn(digits)) return true;
  return false;
}

/**
 * As `holdsCardNumber`, for free text, where numbers of other kinds are at home: only what a card scheme could have
 * issued counts, an international telephone number does not, and nothing inside a longer word or token does.
 */
export function looksLikeCardNumber(text: string): boolean {
  if (text.length < 13) return false;
  const plain = plainDigits(text);
  if (!LONG_ENOUGH.test(plain)) return false;
  for (const { digits, start, end } of candidates(plain)) {
    const before = plain.charAt(start - 1);
    if (/[\p{L}_]/u.test(before) || /[\p{L}_]/u.test(plain.charAt(end))) continue;
    // E.164 allows 15 digits after the plus; +49 is Germany, and 4 is Visa.
    if (before === "+" && digits.length <= 15) continue;
    if (brandOf(digits) !== "unknown" && passesLuhn(digits)) return true;
  }
  return false;
}
