/** A shield against one key's flood, in this isolate only: it counts, it does not account. */

/** Requests a second and key. Above the 500 that test mode promises, since an isolate may see a whole burst. */
export const SHIELD_LIMIT = 1000;
const WINDOW_MS = 1000;
/** More keys than an isolate sees in a second; beyond it the counts start again. */
const MAX_KEYS = 10_000;

interface Window {
  start: number;
  count: number;
}

export class RateShield {
  readonly #windows = new Map<string, Window>();
  readonly #limit: number;

  constructor(limit: number = SHIELD_LIMIT) {
    this.#limit = limit;
  }

  /** Whether one more request may pass. `now`: ms. Unused allowance of one window carries into the next, once. */
  admit(key: string, now: number): boolean {
    const window = this.#windows.get(key);
    if (window === undefined) {
      if (this.#windows.size >= MAX_KEYS) this.#windows.clear();
      this.#windows.set(key, { start: now, count: 1 });
      return true;
    }
    const elapsed = Math.floor((now - window.start) / WINDOW_MS);
    if (elapsed > 0) {
      // A negative count is the allowance that a quiet second left behind.
      window.count = elapsed > 1 ? -this.#limit : Math.max(window.count, 0) - this.#limit;
      window.start += elapsed * WINDOW_MS;
    }
    if (window.count >= this.#limit) return false;
    window.count += 1;
    return true;
  }
}
