import { type ChildProcess, spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";

/** Nothing is asked of Cloudflare or of the registry, sent to them or downloaded. */
const ENVIRONMENT = {
  ...process.env,
  // What wrangler runs as `node`, for wrangler.toml's build command, is this one.
  PATH: [dirname(process.execPath), process.env["PATH"]].join(delimiter),
  // With the banner goes its look for a newer version.
  WRANGLER_HIDE_BANNER: "true",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_SEND_ERROR_REPORTS: "false",
  // Local trace storage writes to the disk for every request.
  X_LOCAL_OBSERVABILITY: "false",
};

const running = new Set<ChildProcess>();

const STOP_TIMEOUT_MS = 5_000;

/**
 * Our own copy, by path and with this Node: `npx` would put a process in between that does not pass signals on. It
 * leads its own process group, so that its workerd can be ended even where it cannot do that itself any more.
 */
export function spawnWrangler(args: readonly string[], output: "inherit" | "pipe"): ChildProcess {
  const child = spawn(process.execPath, ["node_modules/wrangler/bin/wrangler.js", ...args], {
    env: ENVIRONMENT,
    stdio: ["ignore", output, output],
    detached: true,
  });
  running.add(child);
  return child;
}

/** Resolves once all that was spawned is gone, and its workerd with it. */
export async function stopWranglers(): Promise<void> {
  await Promise.all([...running].map(stopWrangler));
}

async function stopWrangler(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, STOP_TIMEOUT_MS).unref())]);
  }
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // No process of the group is left, as it should be.
  }
}
