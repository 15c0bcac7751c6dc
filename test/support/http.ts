/** Driving the HTTP edge in tests: a merchant with keys, and requests through the app. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createApp } from "../../src/http/app.ts";
import type { ShardDoor } from "../../src/http/env.ts";

export interface TestMerchant {
  id: string;
  name: string;
  /** By kind, as in `secret.test`. */
  secret: { test: string; live: string };
  publishable: { test: string; live: string };
  keys: { id: string; type: "secret" | "publishable"; mode: "test" | "live"; key: string }[];
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are judged by the assertions
  json: any;
}

export interface Wish {
  key?: string | null;
  /** An object is sent as JSON, a text as it is. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** Sends requests to an app of its own, with a shard of the test's choosing or the real one. */
export function makeClient(options: { shard?: ShardDoor; env?: Partial<Env> } = {}) {
  const app = createApp(options.shard === undefined ? {} : { shard: options.shard });
  const bindings = { ...env, ...options.env } as Env;
  return async function send(method: string, path: string, wish: Wish = {}): Promise<Answer> {
    const headers = new Headers(wish.headers);
    if (wish.key !== undefined && wish.key !== null && !headers.has("authorization"))
      headers.set("authorization", `Bearer ${wish.key}`);
    const init: RequestInit = { method, headers };
    if (wish.body !== undefined) {
      init.body =
        typeof wish.body === "string" || wish.body instanceof Uint8Array || wish.body instanceof ReadableStream
          ? wish.body
          : JSON.stringify(wish.body);
      if (!headers.has("content-type")) headers.set("content-type", "application/json");
    }
    const context = createExecutionContext();
    const response = await app.fetch(new Request(`http://localhost${path}`, init), bindings, context);
    const text = await response.text();
    await waitOnExecutionContext(context);
    return { status: response.status, headers: response.headers, text, json: parse(text) };
  };
}

export type Send = ReturnType<typeof makeClient>;

export async function makeMerchant(send: Send, body: Record<string, unknown> = {}): Promise<TestMerchant> {
  const answer = await send("POST", "/api/admin/merchants", {
    key: env.ADMIN_TOKEN,
    body: { name: "Test shop", ...body },
  });
  if (answer.status !== 201) throw new Error(`no merchant: ${answer.text}`);
  const { id, name, keys } = answer.json as Omit<TestMerchant, "secret" | "publishable">;
  const find = (type: string, mode: string) => keys.find((key) => key.type === type && key.mode === mode)?.key ?? "";
  return {
    id,
    name,
    keys,
    secret: { test: find("secret", "test"), live: find("secret", "live") },
    publishable: { test: find("publishable", "test"), live: find("publishable", "live") },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
