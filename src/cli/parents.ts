import { readFileSync } from "node:fs";

const POLL_MS = 250;

/**
 * Calls back when npm, or the shell that npm put between it and us, has ended: a signal to npm ends the shell and
 * never reaches us, and what we started must not outlive the command that started it.
 */
export function watchParents(onEnd: () => void): void {
  // Started by hand there is no npm, and a terminal that closes sends its own signal.
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const atStart = lineage();
  const timer = setInterval(() => {
    if (lineage() === atStart) return;
    clearInterval(timer);
    onEnd();
  }, POLL_MS);
  timer.unref();
}

/** Parent and grandparent; the latter only where /proc tells. */
function lineage(): string {
  try {
    const [, fields = ""] = readFileSync(`/proc/${process.ppid}/stat`, "utf8").split(/\) /);
    return `${process.ppid} ${fields.split(" ")[1]}`;
  } catch {
    return String(process.ppid);
  }
}
