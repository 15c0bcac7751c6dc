/**
 * The globals of the Workers runtime that the shard uses, made deterministic: time, chance, and a WebCrypto that answers
 * in the same turn instead of from a thread pool. Everything else is Node's own.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { EventLoop } from "./event-loop.ts";
import type { Random } from "./random.ts";

interface Ports {
  loop: EventLoop;
  random: Random;
  /** The instance that runs. */
  owner: () => number | null;
  onLog: (line: string) => void;
}

let ports: Ports | null = null;

export function install(next: Ports): void {
  ports = next;
}

function current(): Ports {
  if (ports === null) throw new Error("no simulated world is running");
  return ports;
}

const realNow = Date.now.bind(Date);
Date.now = () => (ports === null ? realNow() : ports.loop.now);
const realRandom = Math.random.bind(Math);
Math.random = () => (ports === null ? realRandom() : ports.random.next());

/** Ends the simulation: time and chance are real again. */
export function uninstall(): void {
  ports = null;
}

const scheduler = {
  wait: (ms: number) =>
    new Promise<void>(
      (resolve) => void current().loop.add(ms === 0 ? "commit turn" : `timer ${ms}`, ms, current().owner(), resolve),
    ),
};
Object.defineProperty(globalThis, "scheduler", { value: scheduler, configurable: true, writable: true });

const TAG_BYTES = 16;
type Algorithm = { iv: Uint8Array; additionalData: Uint8Array };
const subtle = {
  importKey: async (_format: string, key: Uint8Array) => key,
  encrypt: async ({ iv, additionalData }: Algorithm, key: Uint8Array, text: Uint8Array) => {
    const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(additionalData);
    return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  },
  decrypt: async ({ iv, additionalData }: Algorithm, key: Uint8Array, sealed: Uint8Array) => {
    const end = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv("aes-256-gcm", key, iv).setAAD(additionalData).setAuthTag(sealed.subarray(end));
    return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]);
  },
};
const webCrypto = {
  subtle,
  getRandomValues: <T extends Uint8Array>(bytes: T): T => (current().random.fill(bytes), bytes),
};
Object.defineProperty(globalThis, "crypto", { value: webCrypto, configurable: true, writable: true });

const print = { error: console.error.bind(console), warn: console.warn.bind(console) };
for (const level of ["error", "warn"] as const) {
  console[level] = (...args: unknown[]) =>
    ports === null ? print[level](...args) : ports.onLog(args.map(String).join(" "));
}
