import type { ProcessorCall } from "./connector.ts";

/**
 * Whether a refusal is sure to have executed nothing, by its status alone. A time-out, a conflict with a twin that is
 * still being worked on, and a limiter say nothing about an earlier sending of the same key; nor does a credential that
 * is refused before the key is looked at.
 */
export function isDefiniteRefusal(status: number, { isRepeat }: Pick<ProcessorCall, "isRepeat">): boolean {
  if (isRepeat && (status === 401 || status === 403)) return false;
  return status >= 400 && status < 500 && ![408, 409, 423, 425, 429].includes(status);
}
