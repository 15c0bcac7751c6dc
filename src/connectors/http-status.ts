/**
 * Whether a refusal is sure to have executed nothing, by its status alone. A time-out, a conflict with a twin that is
 * still being worked on, and a limiter say nothing about an earlier sending of the same key.
 */
export function isDefiniteRefusal(status: number): boolean {
  return status >= 400 && status < 500 && ![408, 409, 423, 425, 429].includes(status);
}
