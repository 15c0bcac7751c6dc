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
  return [TRACER, "-f", "--seccomp-bpf", "-qq", "-e", "trace=fsync,fdatasync", "-o", path];
}

/** Finished so far. A call that another thread interrupted stands there in two halves: the second counts. */
export function countSyncs(path: string): number {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => /sync\(.*= 0|sync resumed/.test(line)).length;
}
