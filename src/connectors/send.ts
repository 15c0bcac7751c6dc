/** The one door to processors. Everything that can go wrong on the way is a value, because none of it proves anything. */
import type { CallContext, ProcessorAnswer, ProcessorRequest } from "./connector.ts";

/** No processor's answer to one operation is near this; more is somebody else's page, or an attack. */
const MAX_BODY_BYTES = 256 * 1024;

export interface Door {
  fetcher: (request: Request) => Promise<Response>;
  /** Without a trailing slash. */
  baseUrl: string;
  /** For the whole exchange: connection, headers and body. */
  timeoutMs: number;
}

/** Never throws. Any complete HTTP answer but a redirect is an `answer`, whatever its status. */
export function makeSend(door: Door): CallContext["send"] {
  return async (request) => {
    const controller = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    // Raced, not only aborted: a transport that ignores its signal must not keep the payment waiting.
    const deadline = new Promise<ProcessorAnswer>((resolve) => {
      timer = setTimeout(() => {
        controller.abort();
        resolve(noAnswer(`timed out after ${door.timeoutMs} ms`));
      }, door.timeoutMs);
    });
    const exchanged = exchange(door, request, controller.signal).catch((error: unknown) =>
      noAnswer(`fetch failed: ${redact(error, request)}`),
    );
    try {
      return await Promise.race([exchanged, deadline]);
    } finally {
      clearTimeout(timer);
    }
  };
}

function noAnswer(reason: string): ProcessorAnswer {
  return { kind: "no_answer", reason };
}

async function exchange(door: Door, request: ProcessorRequest, signal: AbortSignal): Promise<ProcessorAnswer> {
  const { method, headers, body } = request;
  const init: RequestInit = { method, headers, redirect: "manual", signal };
  if (body !== undefined) init.body = body;
  const response = await door.fetcher(new Request(door.baseUrl + request.path, init));
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel();
    return noAnswer(`redirected with ${response.status}`);
  }
  const text = await readText(response);
  if (text === null) return noAnswer(`body over ${MAX_BODY_BYTES} bytes`);
  return { kind: "answer", status: response.status, headers: response.headers, body: text };
}

/** Null where the body is too long; the rest of it is then not read. */
async function readText(response: Response): Promise<string | null> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > MAX_BODY_BYTES) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** What an operator needs of a thrown fetch: no path, no query, no header's value, nothing long enough for a secret. */
function redact(error: unknown, request: ProcessorRequest): string {
  const name = error instanceof Error ? error.name : "Error";
  let message = error instanceof Error ? error.message : String(error);
  for (const value of Object.values(request.headers))
    if (value.length >= 6) message = message.replaceAll(value, "[redacted]");
  message = message.replace(/[a-z][a-z0-9+.-]*:\/\/(?:[^\s/?#@]*@)?([^\s/?#"')]*)[^\s"')]*/gi, "[$1]");
  message = message.replace(/[A-Za-z0-9_+/=-]{16,}|\d[\d -]{10,}\d/g, "[redacted]");
  return `${name}: ${message.slice(0, 200)}`;
}
