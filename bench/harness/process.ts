/** Child processes: what they cost, as the kernel counts it, and that none of them outlives the harness. */
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const running = new Set<ChildProcess>();
const STOP_TIMEOUT_MS = 5_000;

/** Each child leads a process group of its own, so that what it starts can be ended with it. */
export function start(command: string, args: readonly string[], stdio: StdioOptions): ChildProcess {
  const child = spawn(command, args, { stdio, detached: true });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    signal(child, "SIGTERM");
    await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, STOP_TIMEOUT_MS).unref())]);
  }
  signal(child, "SIGKILL");
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, name);
  } catch {
    // No process of the group is left.
  }
}

function endAll(): void {
  for (const child of running) signal(child, "SIGKILL");
}

process.once("exit", endAll);
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(name, () => process.exit(130));

/** The process and everything below it. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = Number(readOrEmpty(`/proc/${entry}/stat`).split(") ").at(-1)?.split(" ")[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const tree = [pid];
  for (const member of tree) tree.push(...(children.get(member) ?? []));
  return tree;
}

/** Time on a CPU of all threads of these processes, in microseconds; the first field of each thread's schedstat. */
export function cpuOf(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids) {
    for (const thread of listOrEmpty(`/proc/${pid}/task`)) {
      nanoseconds += Number(readOrEmpty(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0] ?? 0);
    }
  }
  return nanoseconds / 1000;
}

export interface Footprint {
  rssBytes: number;
  descriptors: number;
}

export function footprintOf(pids: readonly number[]): Footprint {
  const total = { rssBytes: 0, descriptors: 0 };
  for (const pid of pids) {
    total.rssBytes += Number(/VmRSS:\s+(\d+)/.exec(readOrEmpty(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
    total.descriptors += listOrEmpty(`/proc/${pid}/fd`).length;
  }
  return total;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function listOrEmpty(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
