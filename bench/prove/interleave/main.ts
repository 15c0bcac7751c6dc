/** Orders of everything that can change places: drawn by fast-check's scheduler, and counted through one by one. */
import fc from "fast-check";
import type { Chooser, Task } from "../sim/event-loop.ts";
import { runScenario } from "./run-scenario.ts";
import { pairs, type Scenario, triples } from "./scenarios.ts";

export interface InterleaveResult {
  scenarios: number;
  schedules: number;
  /** Scenarios of which every order was tried. */
  exhausted: number;
  seconds: number;
  failure: {
    scenario: string;
    seed: number | null;
    path: string;
    choices: number[] | null;
    violations: string[];
    trace: string[];
  } | null;
}

export interface InterleaveOptions {
  /** Drawn schedules a scenario. */
  draws: number;
  /** Orders counted through, a scenario of two; 0: none. */
  orders: number;
  seed: number;
  /** Only scenarios whose name holds this. */
  only?: string | undefined;
}

export async function proveInterleavings({
  draws,
  orders,
  seed,
  only = "",
}: InterleaveOptions): Promise<InterleaveResult> {
  const started = performance.now();
  const result: InterleaveResult = { scenarios: 0, schedules: 0, exhausted: 0, seconds: 0, failure: null };
  for (const scenario of [...pairs, ...triples]) {
    if (!scenario.name.includes(only)) continue;
    result.scenarios++;
    result.failure = await drawSchedules(scenario, draws, seed, result);
    if (result.failure === null && pairs.includes(scenario) && orders > 0)
      result.failure = await countThrough(scenario, orders, result);
    if (result.failure !== null) break;
  }
  result.seconds = (performance.now() - started) / 1000;
  return result;
}

async function drawSchedules(scenario: Scenario, draws: number, seed: number, result: InterleaveResult) {
  const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    result.schedules++;
    const { violations } = await runScenario(scenario, byScheduler(scheduler));
    if (violations.length > 0) throw new Error(violations.join("\n"));
  });
  const details = await fc.check(property, { numRuns: draws, seed });
  if (!details.failed) return null;
  // Replayed by fast-check itself: the scheduler that failed has used up its choices.
  let trace: string[] = [];
  let violations: string[] = [];
  const again = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    const ran = await runScenario(scenario, byScheduler(scheduler), true);
    if (ran.violations.length === 0) return;
    ({ trace, violations } = ran);
    throw new Error("again");
  });
  await fc.check(again, {
    seed: details.seed,
    path: details.counterexamplePath ?? "",
    endOnFailure: true,
    numRuns: draws,
  });
  return {
    scenario: scenario.name,
    seed: details.seed,
    path: details.counterexamplePath ?? "",
    choices: null,
    violations,
    trace,
  };
}

/** Hands every task that is ready to the scheduler, and takes what it lets go first. */
function byScheduler(scheduler: fc.Scheduler): Chooser {
  const known = new Set<Task>();
  let released: Task | null = null;
  return async (ready) => {
    for (const task of ready) {
      if (known.has(task)) continue;
      known.add(task);
      void scheduler.schedule(Promise.resolve(task), task.label).then((chosen) => (released = chosen));
    }
    for (;;) {
      released = null;
      if (scheduler.count() === 0) break;
      await scheduler.waitNext(1);
      // One that went with its instance, or ran while it was alone, is let go in vain.
      if (released !== null && ready.includes(released)) return released;
    }
    const [first] = ready;
    if (first === undefined) throw new Error("nothing is ready");
    return first;
  };
}

/** Every order, depth first: each run follows a list of choices and notes how many there were at each point. */
async function countThrough(scenario: Scenario, limit: number, result: InterleaveResult) {
  let choices: number[] = [];
  for (let run = 0; run < limit; run++) {
    const widths: number[] = [];
    const taken: number[] = [];
    const choose: Chooser = (ready) => {
      const choice = choices[widths.length] ?? 0;
      widths.push(ready.length);
      taken.push(choice);
      const task = ready[choice] ?? ready[0];
      if (task === undefined) throw new Error("nothing is ready");
      return task;
    };
    result.schedules++;
    const { violations } = await runScenario(scenario, choose);
    if (violations.length > 0) {
      let at = 0;
      const again = await runScenario(scenario, (ready) => ready[taken[at++] ?? 0] ?? (ready[0] as Task), true);
      return { scenario: scenario.name, seed: null, path: "", choices: taken, violations, trace: again.trace };
    }
    let last = taken.length - 1;
    while (last >= 0 && (taken[last] ?? 0) + 1 >= (widths[last] ?? 0)) last--;
    if (last < 0) {
      result.exhausted++;
      break;
    }
    choices = [...taken.slice(0, last), (taken[last] ?? 0) + 1];
  }
  return null;
}
