// What a newcomer does: `npm start`, then the printed line. And what they leave: nothing.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 15_000;

const state = mkdtempSync(join(tmpdir(), "switchyard-"));
const port = await freePort();
const started = Date.now();
const server = spawn("npm", ["start", "--", "--port", String(port), "--persist-to", state], {
  stdio: ["ignore", "pipe", "inherit"],
});
let output = "";
server.stdout.on("data", (chunk) => (output += chunk));

try {
  const line = await printedLine();
  console.log(`ready after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  const payment = JSON.parse(execFileSync("sh", ["-c", line], { encoding: "utf8" }));
  if (payment.status !== "succeeded") throw new Error(`the printed line answers ${JSON.stringify(payment)}`);
  const authorization = /authorization: [^']+/.exec(line)[0].slice("authorization: ".length);
  const listed = await fetch(`http://localhost:${port}/api/payments`, { headers: { authorization } });
  const { data } = await listed.json();
  if (data.length !== 1 || data[0].id !== payment.id) throw new Error(`the list is ${JSON.stringify(data)}`);
  console.log(`${payment.id} succeeded and stands in the list`);
} catch (error) {
  console.error(output);
  throw error;
} finally {
  server.kill("SIGTERM");
  await portIsFree();
  rmSync(state, { recursive: true, force: true });
}

async function printedLine() {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && server.exitCode === null) {
    const line = /^curl .*$/m.exec(output)?.[0];
    if (line !== undefined) return line;
    await sleep(50);
  }
  throw new Error("npm start printed no request to try");
}

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "localhost", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function portIsFree() {
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const answers = await fetch(`http://localhost:${port}/health`).then(
      () => true,
      () => false,
    );
    if (!answers) return;
    await sleep(100);
  }
  throw new Error("the server outlived npm start");
}
