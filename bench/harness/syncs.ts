/** Counts flushes to disk, exactly, by tracing the server's system calls. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

export const TRACER = "strace";

/** False where there is no tracer, or none that may trace. */
export function canTrace(): boolean {
  return spawnSync(TRACER, ["-qq", "-e", "trace=fsync", "true"], { stdio: "ignore" }).status === 0;
}

/** What to put before the server's command. */
export function traceSyncs(path: string): string[] {
  return [TRACER, "-f", "--seccomp-bpf", "-qq", "-y", "-e", "trace=fsync,fdatasync", "-o", path];
}

export interface SyncCount {
  all: number;
  /** Of the read model's database: one for each batch that it takes. */
  readModel: number;
}

/** Begun so far. */
export function countSyncs(path: string): SyncCount {
  const calls = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.includes("sync("));
  return { all: calls.length, readModel: calls.filter((line) => line.includes("/d1/")).length };
}
