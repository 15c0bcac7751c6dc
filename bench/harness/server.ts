/** A server under test, of any make: how to reach it, what it has cost, how to end it. */
import type { ChildProcess } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { plainWorker } from "./build.ts";
import { type WorkerSpec, writeConfiguration } from "./capnp.ts";
import { WORKERD } from "./paths.ts";
import { cpuOf, type Footprint, footprintOf, processTree, start, stop } from "./process.ts";

export interface Server {
  port: number;
  pid: number;
  /** CPU time so far of all its processes, µs. */
  cpuUs(): number;
  footprint(): Footprint;
  stop(): Promise<void>;
}

export interface WorkerServer extends Server {
  directory: string;
  /** Asks the Worker's D1. Only before, between and after measurements. */
  query<T>(sql: string, ...parameters: (string | number)[]): Promise<{ rows: T[]; rowsRead: number }>;
}

const READY_TIMEOUT_MS = 20_000;

/** `wrap` stands before the command: a tracer, say. */
export async function serveWorker(
  directory: string,
  spec: WorkerSpec,
  wrap: readonly string[] = [],
): Promise<WorkerServer> {
  mkdirSync(directory, { recursive: true });
  const config = writeConfiguration(directory, spec, plainWorker("inspect.ts"));
  const logPath = join(directory, "log");
  const log = openSync(logPath, "a");
  const [command, ...args] = [...wrap, WORKERD, "serve", "--experimental", "--control-fd=3", config];
  const child = start(command, args, ["ignore", log, log, "pipe"]);
  const ports = await readPorts(child, logPath);
  const { http: port, inspect } = ports;
  if (port === undefined || inspect === undefined) throw new Error("workerd did not name its ports");
  return { ...describe(child, port), directory, query: (sql, ...parameters) => ask(inspect, sql, parameters) };
}

export function describe(child: ChildProcess, port: number): Server {
  const pid = child.pid ?? 0;
  // A server's processes are all there once it answers; looking for them each time would cost more than reading them.
  const tree = processTree(pid);
  return {
    port,
    pid,
    cpuUs: () => cpuOf(tree),
    footprint: () => footprintOf(tree),
    stop: () => stop(child),
  };
}

/** workerd reports on the control descriptor where each socket listens. */
function readPorts(child: ChildProcess, logPath: string): Promise<Record<string, number>> {
  const ports: Record<string, number> = {};
  return new Promise((resolve, reject) => {
    const give = (reason: string) =>
      reject(new Error(`workerd ${reason}:\n${readFileSync(logPath, "utf8").slice(-2000)}`));
    const timer = setTimeout(() => give("did not start"), READY_TIMEOUT_MS);
    child.once("exit", (code) => give(`ended with ${code}`));
    let text = "";
    child.stdio[3]?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      for (const line of text.split("\n").slice(0, -1)) {
        const event = JSON.parse(line) as { event: string; socket?: string; port?: number };
        if (event.event === "listen" && event.socket !== undefined) ports[event.socket] = event.port ?? 0;
      }
      text = text.slice(text.lastIndexOf("\n") + 1);
      if (Object.keys(ports).length < 2) return;
      clearTimeout(timer);
      resolve(ports);
    });
  });
}

async function ask<T>(
  port: number,
  sql: string,
  parameters: (string | number)[],
): Promise<{ rows: T[]; rowsRead: number }> {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: "POST",
    body: JSON.stringify({ sql, parameters }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`D1: ${text}`);
  return JSON.parse(text) as { rows: T[]; rowsRead: number };
}

/** Until `isTrue` or the time is up; whether it came true. */
export async function waitFor(isTrue: () => Promise<boolean>, withinMs: number, everyMs = 25): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  do {
    if (await isTrue()) return true;
    await sleep(everyMs);
  } while (performance.now() < deadline);
  return false;
}
