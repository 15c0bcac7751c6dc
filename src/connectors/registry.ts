/** Every processor we can talk to, and the only way to one. */
import { adyen } from "./adyen/index.ts";
import { checkout } from "./checkout/index.ts";
import type { CallContext, Connector, ConnectorAccount } from "./connector.ts";
import { mollie } from "./mollie/index.ts";
import { paypal } from "./paypal/index.ts";
import { sandbox } from "./sandbox/index.ts";
import { makeSend } from "./send.ts";
import { stripe } from "./stripe/index.ts";

export type { ChallengeView } from "./sandbox/books.ts";
export { decideChallenge, readChallenge, readSandboxLedger } from "./sandbox/front.ts";

export const connectors: readonly Connector[] = [sandbox, stripe, adyen, checkout, paypal, mollie];

const byName = new Map(connectors.map((connector) => [connector.name, connector]));

export function connectorNamed(name: string): Connector | undefined {
  return byName.get(name);
}

/** Throws where `CONNECTOR_BASE_URLS` is set and unreadable: money must not go to the wrong host by a typo. */
export function openDoor(
  connector: Connector,
  account: ConnectorAccount,
  env: Pick<Env, "SANDBOX_PROCESSOR" | "CONNECTOR_BASE_URLS">,
): CallContext["send"] {
  const { timeoutMs } = connector;
  if (connector === sandbox) {
    // A stub that has failed once stays broken, so each call takes a new one. One object a merchant: one ledger.
    const fetcher = (request: Request) => env.SANDBOX_PROCESSOR.getByName(account.merchantId).fetch(request);
    return makeSend({ fetcher, baseUrl: connector.baseUrl(account), timeoutMs });
  }
  const baseUrl = readOverrides(env.CONNECTOR_BASE_URLS)[connector.name] ?? connector.baseUrl(account);
  return makeSend({ fetcher: (request) => fetch(request), baseUrl, timeoutMs });
}

let parsed: { text: string; urls: Record<string, string> } | null = null;

function readOverrides(text: string | undefined): Record<string, string> {
  if (text === undefined || text.trim() === "") return {};
  if (parsed?.text !== text) parsed = { text, urls: parseOverrides(text) };
  return parsed.urls;
}

function parseOverrides(text: string): Record<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("CONNECTOR_BASE_URLS is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error("CONNECTOR_BASE_URLS must be a JSON object of connector names and URLs");
  }
  const urls: Record<string, string> = Object.create(null);
  for (const [name, url] of Object.entries(value)) {
    if (typeof url !== "string" || !/^https?:$/.test(URL.parse(url)?.protocol ?? "")) {
      throw new Error(`CONNECTOR_BASE_URLS: the URL of ${JSON.stringify(name)} must be http or https`);
    }
    urls[name] = url.replace(/\/+$/, "");
  }
  return urls;
}
