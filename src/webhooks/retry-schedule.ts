const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** How long after the nth failure an event is tried again. */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/**
 * Only ever later, never earlier: the whole schedule then takes 75 h 35 min at the least, so an endpoint that was away
 * for three days has lost nothing. With jitter both ways one event in five would have run out of tries by then.
 */
const MAX_JITTER = 0.2;

/** A receiver may ask for patience, but not take an event out of its schedule for good. */
const MAX_RETRY_AFTER_MS = 24 * HOUR_MS;

export const DISABLE_AFTER_MS = 5 * 24 * HOUR_MS;

/**
 * How long to wait after the `failures`th failure in a row (from 1), in ms; null where the event is given up.
 * `draw` is in [0, 1). `retryAfterMs`: what the receiver asked for.
 */
export function retryDelayMs(failures: number, draw: number, retryAfterMs: number | null): number | null {
  const delay = RETRY_DELAYS_MS[failures - 1];
  if (delay === undefined) return null;
  const jittered = Math.round(delay * (1 + MAX_JITTER * draw));
  return Math.max(jittered, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
}

/** `Retry-After` as seconds or as an HTTP date; null where it says nothing that can be waited for. */
export function readRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * SECOND_MS : Date.parse(text) - now;
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}
