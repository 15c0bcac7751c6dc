import type { Context, Next } from "hono";
import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../env.ts";
import { plainRejection, reject } from "../errors.ts";
import { MAX_DEPTH, scanJson } from "../strict-json.ts";

export const MAX_BODY_BYTES = 256 * 1024;

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/i;

/** Reads a JSON body once, strictly, and leaves its text where Hono's validators look for it. No body counts as `{}`. */
export const readJson = createMiddleware<AppEnv>((c, next) => read(c, next, MAX_DEPTH));

/** The same for a routing configuration, whose conditions nest eight deep, two levels of JSON each. */
export const readRoutingJson = createMiddleware<AppEnv>((c, next) => read(c, next, 2 * MAX_DEPTH));

async function read(c: Context<AppEnv>, next: Next, maxDepth: number): Promise<Response | undefined> {
  const length = c.req.header("content-length");
  if (Number(length ?? 0) > MAX_BODY_BYTES) return reject(c, plainRejection("body_too_large"));
  // With a length the server reads no more than that, and reading at once costs half as much as counting.
  const bytes = length === undefined ? await readAtMost(c.req.raw.body, MAX_BODY_BYTES) : await c.req.raw.bytes();
  if (bytes === null || bytes.length > MAX_BODY_BYTES) return reject(c, plainRejection("body_too_large"));
  if (bytes.length > 0 && !isJson(c.req.header("content-type")))
    return reject(c, plainRejection("content_type_unsupported"));

  const text = bytes.length === 0 ? "{}" : decode(bytes);
  if (text === null) return reject(c, { code: "json_invalid", message: "The body is not valid UTF-8." });
  const { problem, issues } = scanJson(text, maxDepth);
  if (problem !== null) {
    const param = problem.path === "" ? {} : { param: problem.path };
    return reject(c, { code: "json_invalid", message: `The body is not valid JSON: ${problem.message}.`, ...param });
  }
  c.set("body", JSON.parse(text));
  c.set("bodyIssues", issues);
  // Hono keeps promises here, though its type says texts.
  (c.req.bodyCache as Record<string, unknown>)["text"] = Promise.resolve(text);
  await next();
  return undefined;
}

function isJson(contentType: string | undefined): boolean {
  const [type = "", ...parameters] = (contentType ?? "").split(";");
  if (!JSON_TYPE.test(type.trim())) return false;
  const charset = parameters.find((parameter) => /^\s*charset\s*=/i.test(parameter));
  return charset === undefined || /=\s*"?utf-?8"?\s*$/i.test(charset);
}

/** A byte order mark is kept, so that the scanner refuses it. Null where the bytes are not UTF-8. */
function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Counts while it streams: a length can be absent or a lie. Null where there is more than `limit`. */
async function readAtMost(body: ReadableStream<Uint8Array> | null, limit: number): Promise<Uint8Array | null> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      return null;
    }
    chunks.push(value);
  }
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  return Buffer.concat(chunks);
}
