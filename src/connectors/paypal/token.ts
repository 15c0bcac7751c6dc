/** PayPal's access tokens: fetched with the client's secret through the same door, and kept while they are good. */
import type { CallContext, ConnectorAccount, ProcessorAnswer, ProcessorRequest } from "../connector.ts";
import { integerAt, parseObject, textAt } from "../read-json.ts";

/** A token that ends while a request is under way would fail a payment for nothing. */
const EXPIRY_MARGIN_MS = 60_000;
/** Of an isolate; the oldest goes first. Losing one costs one more request. */
const MAX_TOKENS = 200;

/** By account and credentials, so that changed credentials never meet an old token. Only values: a promise would tie one request's I/O to another's. */
const tokens = new Map<string, { token: string; expires: number }>();

function cacheKey({ id, mode, credentials }: ConnectorAccount): string {
  return JSON.stringify([id, mode, credentials["clientId"], credentials["clientSecret"]]);
}

export type Token = { token: string } | { failure: ProcessorAnswer };

export async function accessToken(context: CallContext): Promise<Token> {
  const { account, now } = context;
  const key = cacheKey(account);
  const known = tokens.get(key);
  if (known !== undefined && known.expires > now) return { token: known.token };
  const answer = await context.send(tokenRequest(account));
  if (answer.kind === "no_answer") return { failure: answer };
  const body = answer.status === 200 ? parseObject(answer.body) : null;
  const token = textAt(body, "access_token");
  const seconds = integerAt(body, "expires_in");
  if (token === null || seconds === null) return { failure: answer };
  tokens.delete(key);
  tokens.set(key, { token, expires: now + seconds * 1000 - EXPIRY_MARGIN_MS });
  const [oldest] = tokens.keys();
  if (tokens.size > MAX_TOKENS && oldest !== undefined) tokens.delete(oldest);
  return { token };
}

/** PayPal may end a token before its time. */
export function forgetToken(account: ConnectorAccount): void {
  tokens.delete(cacheKey(account));
}

function tokenRequest({ credentials }: ConnectorAccount): ProcessorRequest {
  const { clientId = "", clientSecret = "" } = credentials;
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  return {
    method: "POST",
    path: "/v1/oauth2/token",
    headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
    body: "grant_type=client_credentials",
  };
}
