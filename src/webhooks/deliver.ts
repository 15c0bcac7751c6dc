import { readRetryAfter } from "./retry-schedule.ts";
import { judgeUrl } from "./safe-url.ts";
import { signHeaders } from "./sign.ts";

/** One try, as the merchant sees it among an event's deliveries. */
export interface Attempt {
  /** ms since 1970 */
  at: number;
  /** HTTP status; null where none came. */
  status: number | null;
  ms: number;
  /** The first 1 KB of the answer, as text. */
  answer: string;
  /** Why there is no status. */
  error: string | null;
}

export interface Sending {
  id: string;
  body: string;
  url: string;
  secrets: readonly string[];
  allowLocal: boolean;
  /** ms since 1970 */
  now: number;
  timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
const MAX_READ_BYTES = 16 * 1024;
const MAX_KEPT_BYTES = 1024;

/** Posts an event once. Never throws: whatever goes wrong is the attempt's result. */
export async function deliver(sending: Sending): Promise<{ attempt: Attempt; retryAfterMs: number | null }> {
  const { id, body, url, secrets, allowLocal, now, timeoutMs = TIMEOUT_MS } = sending;
  const started = performance.now();
  const conclude = (status: number | null, answer: string, error: string | null): Attempt => {
    return { at: now, status, ms: Math.round(performance.now() - started), answer, error };
  };
  const verdict = judgeUrl(url, { allowLocal });
  if (!verdict.ok) return { attempt: conclude(null, "", `not sent: the URL ${verdict.reason}`), retryAfterMs: null };
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(verdict.url, {
      method: "POST",
      redirect: "manual",
      signal,
      headers: {
        "content-type": "application/json",
        "user-agent": "Switchyard-Webhooks/1",
        ...signHeaders({ id, timestamp: Math.floor(now / 1000), body, secrets }),
      },
      body,
    });
    const answer = await readStart(response);
    const retryAfterMs = readRetryAfter(response.headers.get("retry-after"), now);
    return { attempt: conclude(response.status, answer, null), retryAfterMs };
  } catch {
    // The runtime's own text may name addresses of ours; the merchant learns what they can act on.
    const error = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : "the connection failed";
    return { attempt: conclude(null, "", error), retryAfterMs: null };
  }
}

/** Reads no more than 16 KB, for an answer may have no end, and keeps the first of them; a dripping one ends with the time limit. */
async function readStart({ body }: Response): Promise<string> {
  if (body === null) return "";
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  try {
    while (length < MAX_READ_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      if (length < MAX_KEPT_BYTES) chunks.push(value);
      length += value.length;
    }
    if (length >= MAX_READ_BYTES) await reader.cancel();
  } catch {
    // The status came in time, and it alone decides.
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, MAX_KEPT_BYTES)).replaceAll("\0", "\uFFFD");
}
