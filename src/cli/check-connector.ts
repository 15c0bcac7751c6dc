/**
 * `npm run connectors:check -- stripe`: a connector against its processor's test environment, with your keys from the
 * environment. Nothing is stored; test money moves.
 */
import { existsSync } from "node:fs";
// oxlint-disable-next-line no-restricted-imports -- what is checked is the Worker's own connector
import type { Connector } from "../connectors/connector.ts";
// oxlint-disable-next-line no-restricted-imports -- as above
import type { LiveCheck } from "../connectors/live-check.ts";
// oxlint-disable-next-line no-restricted-imports -- as above
import { makeSend } from "../connectors/send.ts";
import { runLiveCheck } from "./live-check.ts";

async function main(name: string | undefined): Promise<void> {
  if (
    name === undefined ||
    !/^[a-z]+$/.test(name) ||
    !existsSync(new URL(`../connectors/${name}/check.ts`, import.meta.url))
  ) {
    throw new Error("Usage: npm run connectors:check -- <connector>, one that has a check.ts in its folder: stripe, …");
  }
  const { [name]: connector } = (await import(`../connectors/${name}/index.ts`)) as Record<string, Connector>;
  const { check } = (await import(`../connectors/${name}/check.ts`)) as { check: LiveCheck };
  if (connector === undefined) throw new Error(`src/connectors/${name}/index.ts exports no ${name}.`);
  const credentials = readCredentials(connector);
  const reason = check.refuse(credentials);
  if (reason !== null) throw new Error(`Refused: ${reason}. This check moves money.`);
  const account = {
    ...{ id: "ca_000000000000000000000000", merchantId: "mer_000000000000000000000000", mode: "test" as const },
    ...{ label: name, connector: name, credentials, settings: {} },
  };
  const baseUrl = readBaseUrl(name) ?? connector.baseUrl(account);
  console.log(`${name} at ${baseUrl}`);
  const send = makeSend({ fetcher: (request) => fetch(request), baseUrl, timeoutMs: connector.timeoutMs });
  const steps = await runLiveCheck({ connector, account, check, send, patience: { tries: 12, everyMs: 10_000 } });
  for (const { name: step, isOk, found } of steps) console.log(`${isOk ? "ok    " : "FAILED"}  ${step}  [${found}]`);
  const failed = steps.filter(({ isOk }) => !isOk).length;
  console.log(`${steps.length - failed} of ${steps.length} as they should be.`);
  if (failed === 0) return;
  for (const note of check.notes) console.log(`Note: ${note}`);
  process.exitCode = 1;
}

/** `apiKey` of stripe is `STRIPE_API_KEY`. */
function readCredentials({ name, credentials: { required, optional } }: Connector): Record<string, string> {
  const variableOf = (credential: string) => `${name}_${credential.replace(/[A-Z]/g, "_$&")}`.toUpperCase();
  const all = [...required, ...optional];
  const found = Object.fromEntries(
    all.flatMap((credential) => {
      const value = process.env[variableOf(credential)];
      return value === undefined || value === "" ? [] : [[credential, value]];
    }),
  );
  const missing = required.filter((credential) => found[credential] === undefined);
  if (missing.length === 0) return found;
  const others = optional.length === 0 ? "" : `, and where you have it ${optional.map(variableOf).join(", ")}`;
  throw new Error(
    `Set ${required.map(variableOf).join(", ")}${others} to the keys of a test account at ${name}; nothing was sent.`,
  );
}

function readBaseUrl(name: string): string | undefined {
  const overrides = JSON.parse(process.env["CONNECTOR_BASE_URLS"] || "{}") as Record<string, string>;
  return overrides[name]?.replace(/\/+$/, "");
}

try {
  await main(process.argv[2]);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
