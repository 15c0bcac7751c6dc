import { type Error as ErrorEnvelope, type Operations, ROUTES } from "./api-types.ts";

export interface ClientOptions {
  /** Of the server, as in `https://pay.example.com`. */
  baseUrl: string;
  /** `sk_…` */
  key: string;
  /** Default: the platform's. */
  fetch?: (request: Request) => Promise<Response>;
}

type Name = keyof Operations;

/** What an operation takes: its `path`, `query` and `body`, those that it has. */
export type Input<N extends Name> = Omit<Operations[N], "answer"> & {
  /** On a POST: the same key with the same input is done once, however often it is sent. Default: a fresh one. */
  idempotencyKey?: string;
};
export type Answer<N extends Name> = Operations[N]["answer"];

/** An answer that is no success. A decline is none: that is a payment with `status: "failed"`. */
export class SwitchyardError extends Error {
  override readonly name = "SwitchyardError";
  readonly status: number;
  readonly error: ErrorEnvelope["error"];

  constructor(status: number, error: ErrorEnvelope["error"]) {
    super(error.message);
    this.status = status;
    this.error = error;
  }
}

export type Client = {
  [N in Name]: (
    ...input: Partial<Input<N>> extends Input<N> ? [input?: Input<N>] : [input: Input<N>]
  ) => Promise<Answer<N>>;
};

interface AnyInput {
  path?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  idempotencyKey?: string;
}

/** A method for each operation of the API, by its name in the OpenAPI document: `client.createPayment({ body })`. */
export function createClient({ baseUrl, key, fetch: send = sendByPlatform }: ClientOptions): Client {
  const entries = Object.entries(ROUTES).map(([name, [method, template]]) => {
    const call = async ({ path = {}, query = {}, body, idempotencyKey }: AnyInput = {}): Promise<unknown> => {
      const url = new URL(
        template.replace(/\{(\w+)\}/g, (_, member: string) => encodeURIComponent(path[member] ?? "")),
        baseUrl,
      );
      for (const [member, value] of Object.entries(query))
        if (value !== undefined) url.searchParams.set(member, String(value));
      const headers = new Headers({ authorization: `Bearer ${key}` });
      if (method === "POST") headers.set("idempotency-key", idempotencyKey ?? crypto.randomUUID());
      if (body !== undefined) headers.set("content-type", "application/json");
      const response = await send(
        new Request(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }),
      );
      return readAnswer(response);
    };
    return [name, call];
  });
  return Object.fromEntries(entries) as Client;
}

function sendByPlatform(request: Request): Promise<Response> {
  // oxlint-disable-next-line no-restricted-globals -- this runs in the merchant's program, not in the Worker
  return fetch(request);
}

async function readAnswer(response: Response): Promise<unknown> {
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok) return answer;
  const { error } = (answer ?? {}) as Partial<ErrorEnvelope>;
  const requestId = response.headers.get("request-id") ?? "";
  throw new SwitchyardError(
    response.status,
    error ?? { type: "api", code: "unavailable", message: `HTTP ${response.status}`, requestId },
  );
}
