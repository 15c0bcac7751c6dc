import { audit, quiesce } from "../model/audit.ts";
import { Client } from "../model/client.ts";
import type { Chooser } from "../sim/event-loop.ts";
import { World } from "../sim/world.ts";
import type { Scenario } from "./scenarios.ts";

/** Whatever lies within this of each other may change places: answers, D1 writes, commit turns, flushes. */
const HORIZON_MS = 60;
const NO_FAULTS = { late: 0, lost: 0, silent: 0, error: 0, d1: 0, crash: 0 };

export interface ScenarioResult {
  violations: string[];
  trace: string[];
}

/** Brings the payment to where it begins in peace; then `choose` orders everything until every call has come back. */
export async function runScenario(scenario: Scenario, choose: Chooser, traced = false): Promise<ScenarioResult> {
  const world = new World({ seed: 1, accounts: [scenario.account], rates: NO_FAULTS });
  if (traced) world.trace = [];
  try {
    await world.begin();
    const client = new Client(world);
    if (scenario.created !== "ok") world.script.push(scenario.created);
    for (const wish of [scenario.create, ...scenario.before]) {
      const call = client.ask(wish, true);
      await world.runUntil(() => call.state !== "pending");
    }
    await world.advance(200);
    world.choose = choose;
    world.horizonMs = HORIZON_MS;
    if (scenario.fate !== "ok") world.script.push(scenario.fate);
    for (const wish of scenario.asked) client.ask(wish, true);
    const first = client.asked[client.asked.length - scenario.asked.length];
    if (first !== undefined) for (let n = 1; n < scenario.twins; n++) client.send(first);
    if (scenario.crash) world.loop.add("crash", 0, null, () => world.crash());
    const isQuiet = () => world.pending === 0 && (world.loop.nextDue() ?? Infinity) > world.loop.now + HORIZON_MS;
    let told = 0;
    for (let n = 0; n < 400 && !isQuiet(); n++) {
      if (!(await world.step())) break;
      if (scenario.webhooks) for (; told < world.facts.length; told++) tellTwice(world, told);
    }
    world.choose = null;
    await quiesce(world);
    for (const asked of client.asked) await world.runUntil(doneOf(client.send(asked)));
    await quiesce(world);
    await audit(world, client);
  } catch (error) {
    world.violations.push(`the harness failed: ${String(error)}`);
  } finally {
    world.end();
  }
  return { violations: world.violations, trace: world.trace ?? [] };
}

function doneOf(call: { state: string }): () => boolean {
  return () => call.state !== "pending";
}

function tellTwice(world: World, index: number): void {
  const fact = world.facts[index];
  if (fact !== undefined)
    for (const delayMs of [5, 10]) world.tell(fact, { messageId: `m${index}`, delayMs, isHint: false });
}
