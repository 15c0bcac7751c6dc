import { parseArgs } from "node:util";

export interface StartOptions {
  port: number;
  /** Address to listen on; absent: the machine itself only. */
  ip: string | undefined;
  /** Directory for the local runtime's state; absent: `.wrangler/state`. */
  persistTo: string | undefined;
}

/** A mistake of the person at the keyboard: shown as one sentence, without a stack. */
export class StartError extends Error {
  override readonly name = "StartError";
}

const DEFAULT_PORT = 8787;

/** Throws `StartError` for what `npm start` does not know. */
export function readOptions(args: readonly string[]): StartOptions {
  const { port, ip, "persist-to": persistTo } = parse(args);
  const number = port === undefined ? DEFAULT_PORT : Number(port);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new StartError(`--port ${port}: not a port.`);
  return { port: number, ip, persistTo };
}

function parse(args: readonly string[]) {
  const options = { port: { type: "string" }, ip: { type: "string" }, "persist-to": { type: "string" } } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`${reason}\nUsage: npm start -- [--port N] [--ip ADDRESS] [--persist-to DIR]`);
  }
}

/** Where a program on this machine reaches the server. */
export function urlOf({ port, ip }: StartOptions): string {
  const isAnywhere = ip === undefined || ip === "0.0.0.0" || ip === "::" || ip === "*";
  const host = isAnywhere ? "localhost" : ip.includes(":") ? `[${ip}]` : ip;
  return `http://${host}:${port}`;
}
