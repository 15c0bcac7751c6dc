/** The Worker as it is deployed, with a shard that stops at a named step and says so, for the harness to end it there. */
import type { FaultPoint } from "../../../src/durable/fault-points.ts";
import worker, { PaymentShard as RealShard, SandboxProcessor as RealProcessor } from "../../../src/index.ts";
import { type D1StandIn, standInFor } from "./d1-stand-in.ts";

export { WebhookEndpoint } from "../../../src/index.ts";
export { D1StandIn } from "./d1-stand-in.ts";

interface ProveEnv extends Env {
  D1_STAND_IN: DurableObjectNamespace<D1StandIn>;
  /** Empty: none. */
  FAULT_POINT: string;
  /** How often it is passed before. */
  FAULT_SKIP: string;
}

/** Longer than the harness takes to end the process. */
const HOLD_MS = 60_000;
/** Of the projection's writes; a half of them after they were done. */
const D1_FAIL_RATE = 0.1;

function withDatabase(env: Env, failRate = 0): ProveEnv {
  const given = env as ProveEnv;
  return { ...given, DB: standInFor(given.D1_STAND_IN, failRate) };
}

export class PaymentShard extends RealShard {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, withDatabase(env, D1_FAIL_RATE));
    const { FAULT_POINT: wanted, FAULT_SKIP } = env as ProveEnv;
    let left = Number(FAULT_SKIP);
    this.observer = async (point: FaultPoint) => {
      if (point !== wanted || left-- > 0) return;
      // What was committed before this step is durable: without this, the end would come a step earlier.
      await ctx.storage.sync();
      console.log(`reached ${point}`);
      await scheduler.wait(HOLD_MS);
    };
  }
}

export class SandboxProcessor extends RealProcessor {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, withDatabase(env));
  }
}

export default {
  async fetch(request, env, ctx) {
    const given = withDatabase(env);
    if (new URL(request.url).pathname !== "/prove/migrate") return worker.fetch(request, given, ctx);
    for (const statement of await request.json<string[]>()) await given.DB.prepare(statement).run();
    return new Response("ok");
  },
} satisfies ExportedHandler<Env>;
