/** `npm start`: everything between a fresh clone and a server that takes a payment. */
import type { ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { curlLine, seedDemoMerchant } from "./demo.ts";
import { readOrMakeSecrets } from "./dev-vars.ts";
import { migrateLocalDatabase } from "./local-database.ts";
import { StartError, type StartOptions, readOptions, urlOf } from "./options.ts";
import { watchParents } from "./parents.ts";
import { spawnWrangler, stopWranglers } from "./wrangler.ts";

const READY_TIMEOUT_MS = 90_000;
const READY_POLL_MS = 100;
const HEALTH_POLL_MS = 1_000;
/** A machine under load may be slow for a while; a dead port is silent for good. */
const HEALTH_TIMEOUT_MS = 5_000;
const MAX_HEALTH_FAILURES = 2;

let isStopping = false;

async function start(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const secrets = readOrMakeSecrets();
  await refuseTakenPort(options);
  await migrateLocalDatabase(options.persistTo);
  if (isStopping) return;
  const server = serve(options);
  const url = urlOf(options);
  await waitUntilReady(url, server);
  const key = await seedDemoMerchant(url, secrets);
  void watchHealth(url);
  console.log(`\nSwitchyard serves ${url}\nThe demo merchant's test key: ${key}\nTry it:\n\n${curlLine(url, key)}\n`);
}

function serve({ port, ip, persistTo }: StartOptions): ChildProcess {
  const baseUrls = process.env["CONNECTOR_BASE_URLS"];
  const variables = {
    ALLOW_LOCAL_WEBHOOKS: process.env["ALLOW_LOCAL_WEBHOOKS"] ?? "true",
    ...(baseUrls !== undefined && { CONNECTOR_BASE_URLS: baseUrls }),
  };
  const child = spawnWrangler(
    [
      ...["dev", "--port", String(port), "--show-interactive-dev-session=false"],
      ...(ip === undefined ? [] : ["--ip", ip]),
      ...(persistTo === undefined ? [] : ["--persist-to", persistTo]),
      ...Object.entries(variables).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    "inherit",
  );
  child.once("exit", (code) => {
    if (!isStopping) void stop(code ?? 1, "The local runtime ended.");
  });
  return child;
}

/** wrangler would quietly serve another port, and the printed line would reach somebody else's server. */
async function refuseTakenPort({ port, ip }: StartOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === "EADDRINUSE";
      reject(
        new StartError(
          isTaken
            ? `Port ${port} is in use. Stop what uses it, or choose another: npm start -- --port ${port + 1}`
            : `Cannot listen on port ${port}: ${error.message}`,
        ),
      );
    });
    probe.listen({ port, host: ip ?? "localhost" }, () => probe.close(() => resolve()));
  });
}

/** The whole chain answers: the Worker runs and its bindings do. */
async function waitUntilReady(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let last = "no answer";
  while (Date.now() < deadline && child.exitCode === null) {
    try {
      const response = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(5_000) });
      if (response.ok) return;
      last = `HTTP ${response.status} ${await response.text()}`;
    } catch (error) {
      last = String(error);
    }
    await sleep(READY_POLL_MS);
  }
  throw new StartError(`The server did not become ready: ${last}`);
}

/**
 * wrangler restarts the Worker's process where that dies, but not the one that listens: it would go on with nobody to
 * answer. Somebody who waits for this server is better served by its end.
 */
async function watchHealth(url: string): Promise<void> {
  for (let failures = 0; failures < MAX_HEALTH_FAILURES;) {
    await sleep(HEALTH_POLL_MS);
    if (isStopping) return;
    // Any answer counts: a busy server is not a dead one, so only a refused or dropped connection is a failure.
    const error: unknown = await fetch(`${url}/health`, { signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS) }).then(
      (response) => response.body?.cancel().then(() => null) ?? null,
      (reason: unknown) => reason,
    );
    failures = error === null ? 0 : failures + 1;
  }
  await stop(1, "The local runtime does not answer any more. What was acknowledged is stored: start again.");
}

async function stop(code: number, reason: string | null): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  if (reason !== null) console.error(reason);
  await stopWranglers();
  process.exit(code);
}

process.once("SIGINT", () => void stop(0, null));
process.once("SIGTERM", () => void stop(0, null));
process.once("SIGHUP", () => void stop(0, null));
watchParents(() => void stop(0, null));

try {
  await start();
} catch (error) {
  await stop(1, error instanceof StartError ? error.message : String(error instanceof Error ? error.stack : error));
}
