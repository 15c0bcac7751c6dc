/**
 * `npm run bench:webhooks`: payments into one end, webhooks out of the other, with all endpoints well and with half of
 * them failing. Everything runs on the loopback, in a directory of its own, and is ended with the run. Writes
 * `docs/benchmarks-webhooks.md`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildWorker } from "./harness/build.ts";
import { closedLoop, openLoop } from "./harness/load.ts";
import { type Product, startProduct, warmUp } from "./harness/product.ts";
import { readProject } from "./harness/project.ts";
import { makeRandom, quantile } from "./harness/statistics.ts";

const ROUNDS = 3;
const BURST_MS = 4_000;
const BURST_CONNECTIONS = 16;
const STEADY_MS = 6_000;
/** Payments a second; each has three events. */
const STEADY_RATE = 10;
const ARRIVAL_TIMEOUT_MS = 60_000;
const EVENTS_PER_PAYMENT = 3;

interface Receiver {
  server: Server;
  port: number;
  /** By event id: from the event's commit to its first receipt, ms. */
  latencies: Map<string, number>;
  /** By payment: the last sequence that came. */
  last: Map<string, number>;
  repeats: number;
  disorders: number;
  lastAt: number;
}

interface Scenario {
  name: string;
  endpoints: number;
  failing: number;
}

interface Figures {
  eventsPerSecond: number;
  p50: number;
  p99: number;
  cpuUs: number;
}

const SCENARIOS: Scenario[] = [
  { name: "no endpoint", endpoints: 0, failing: 0 },
  { name: "one endpoint", endpoints: 1, failing: 0 },
  { name: "four endpoints, all well", endpoints: 4, failing: 0 },
  { name: "four endpoints, two of them failing", endpoints: 4, failing: 2 },
];

async function openReceiver(status: number): Promise<Receiver> {
  const receiver = {
    latencies: new Map(),
    last: new Map(),
    repeats: 0,
    disorders: 0,
    lastAt: 0,
  } as unknown as Receiver;
  receiver.server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const at = Date.now();
      response.writeHead(status).end();
      const event = JSON.parse(Buffer.concat(chunks).toString()) as {
        id: string;
        created: string;
        sequence: number;
        data: { payment: { id: string } };
      };
      if (receiver.latencies.has(event.id)) {
        receiver.repeats += 1;
        return;
      }
      receiver.latencies.set(event.id, at - Date.parse(event.created));
      const payment = event.data.payment.id;
      if ((receiver.last.get(payment) ?? 0) + 1 !== event.sequence) receiver.disorders += 1;
      receiver.last.set(payment, event.sequence);
      receiver.lastAt = performance.now();
    });
  });
  await new Promise<void>((resolve) => receiver.server.listen(0, "127.0.0.1", () => resolve()));
  const address = receiver.server.address();
  receiver.port = typeof address === "object" && address !== null ? address.port : 0;
  return receiver;
}

async function addEndpoint({ server, keys }: Product, port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${server.port}/api/webhook-endpoints`, {
    method: "POST",
    headers: { authorization: `Bearer ${keys[0]}`, "content-type": "application/json" },
    body: JSON.stringify({ url: `http://127.0.0.1:${port}/` }),
  });
  if (response.status !== 201) throw new Error(`no endpoint: HTTP ${response.status} ${await response.text()}`);
}

/** Waits until each of them has all events of `payments`. Throws where one has not in time, or has them out of order. */
async function arrive(receivers: readonly Receiver[], payments: number): Promise<void> {
  const deadline = Date.now() + ARRIVAL_TIMEOUT_MS;
  const isThere = () => receivers.every(({ latencies }) => latencies.size >= payments * EVENTS_PER_PAYMENT);
  while (!isThere() && Date.now() < deadline) await sleep(5);
  for (const { latencies, disorders, repeats } of receivers) {
    if (latencies.size !== payments * EVENTS_PER_PAYMENT)
      throw new Error(`${latencies.size} events of ${payments} payments`);
    if (disorders + repeats > 0) throw new Error(`${disorders} out of order, ${repeats} twice`);
  }
}

async function run(code: string, { endpoints, failing }: Scenario, seed: number): Promise<Figures> {
  const directory = mkdtempSync(join(tmpdir(), "bench-webhooks-"));
  const project = readProject();
  const product = await startProduct({
    directory,
    code,
    project,
    variables: { ALLOW_LOCAL_WEBHOOKS: "true" },
    egress: ["local"],
  });
  const receivers = await Promise.all(
    Array.from({ length: endpoints }, (_, n) => openReceiver(n < failing ? 500 : 200)),
  );
  try {
    await warmUp(product.creates);
    await sleep(500);
    product.accepted.clear();
    for (const { port } of receivers) await addEndpoint(product, port);
    const well = receivers.slice(failing);

    await openLoop(product.creates, {
      perSecond: STEADY_RATE,
      forMs: STEADY_MS,
      connections: 32,
      random: makeRandom(seed),
    });
    await arrive(well, product.accepted.size);
    const latencies = (well[0] === undefined ? [] : [...well[0].latencies.values()]).toSorted((a, b) => a - b);

    const before = product.accepted.size;
    const cpuBefore = product.server.cpuUs();
    const started = performance.now();
    const { errors, firstError } = await closedLoop(product.creates, {
      connections: BURST_CONNECTIONS,
      forMs: BURST_MS,
    });
    if (errors > 0) throw new Error(`${errors} errors, first ${firstError}`);
    await arrive(well, product.accepted.size);
    const events = (product.accepted.size - before) * EVENTS_PER_PAYMENT;
    const ended = Math.max(started + BURST_MS, ...well.map(({ lastAt }) => lastAt));
    return {
      eventsPerSecond: (events * Math.max(well.length, 1) * 1000) / (ended - started),
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      cpuUs: (product.server.cpuUs() - cpuBefore) / events,
    };
  } finally {
    await product.server.stop();
    for (const { server } of receivers) server.close().closeAllConnections();
    rmSync(directory, { recursive: true, force: true });
  }
}

function middle(values: readonly number[]): string {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  if (sorted.length === 0) return "–";
  const [low = 0] = sorted;
  const high = sorted.at(-1) ?? 0;
  return `${Math.round(quantile(sorted, 0.5))} [${Math.round(low)}–${Math.round(high)}]`;
}

const code = buildWorker(mkdtempSync(join(tmpdir(), "bench-webhooks-build-")));
const figures = new Map<string, Figures[]>(SCENARIOS.map(({ name }) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const scenario of SCENARIOS) {
    const result = await run(code, scenario, round + 1);
    figures.get(scenario.name)?.push(result);
    console.log(JSON.stringify({ round, scenario: scenario.name, ...result }));
  }
}

const rows = SCENARIOS.map(({ name, endpoints }) => {
  const all = figures.get(name) ?? [];
  const cells = [
    name,
    middle(all.map(({ eventsPerSecond }) => eventsPerSecond)) + (endpoints === 0 ? " (committed)" : ""),
    middle(all.map(({ p50 }) => p50)),
    middle(all.map(({ p99 }) => p99)),
    middle(all.map(({ cpuUs }) => cpuUs)),
  ];
  return `| ${cells.join(" | ")} |`;
});
writeFileSync(
  "docs/benchmarks-webhooks.md",
  `# Webhooks under load

Written by \`npm run bench:webhooks\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} × ${cpus()[0]?.model.trim() ?? "CPU"}, Node ${process.version},
\`workerd serve\` with the built Worker, one payment shard, receivers on the loopback in the load generator's own
process. Medians of ${ROUNDS} interleaved rounds, each with fresh databases, [lowest–highest]. The machine's load at the end was ${loadavg()[0]?.toFixed(1)}:
more than its processors says that it had other work, too.

| | events delivered a second | commit → receipt p50, ms | p99, ms | server CPU an event, µs |
|---|---|---|---|---|
${rows.join("\n")}

Events a second and CPU: ${BURST_CONNECTIONS} connections create payments of ${EVENTS_PER_PAYMENT} events each for ${BURST_MS / 1000} s as fast as they are answered, and the clock runs
until the last event has arrived; deliveries to endpoints that fail do not count. CPU is of everything that the server does for an event:
create the payment, talk to the sandbox processor, project, deliver. Latency: ${STEADY_RATE} payments a second arriving at random, to
the first endpoint that is well; an event's \`created\` is the time of its commit, in ms. Every round checks that each
endpoint that is well got every event of every payment once, in the order of its sequence.

A burst fills the mailboxes faster than five tries at a time can empty them, which is as intended: the payments come
first. Absolute rates are this machine's; what carries over is how the rows compare.
`,
);
