/** The peers: servers that are not ours. Each says its port in its first line. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start } from "./process.ts";
import { describe, type Server } from "./server.ts";

export async function serveNodeSqlite(directory: string, isDurable: boolean): Promise<Server> {
  mkdirSync(directory, { recursive: true });
  const script = fileURLToPath(new URL("../peers/node-sqlite.ts", import.meta.url));
  const path = isDurable ? join(directory, "payments.sqlite") : ":memory:";
  const child = start(process.execPath, [script, path], ["ignore", "pipe", "ignore"]);
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.once("data", (chunk: Buffer) => resolve(Number(chunk.toString())));
    child.once("exit", (code) => reject(new Error(`the Node peer ended with ${code}`)));
  });
  return describe(child, port);
}
