/**
 * The product, with a processor that approves at once, in the shard's own process and from no books: what is left is
 * what the product itself costs. The connector and its HTTP messages stay as they are.
 */
import type { WireAnswer, WireRequest } from "../../src/connectors/sandbox/wire.ts";
import { PaymentShard as Shard } from "../../src/index.ts";

export * from "../../src/index.ts";
export { default } from "../../src/index.ts";

async function approve(request: Request): Promise<Response> {
  const { op, key, order, amt, ccy } = await request.json<WireRequest>();
  const answer: WireAnswer = { res: "OK", txn: `sx_${key}`, key, order, op, amt, ccy };
  return Response.json(answer);
}

const INSTANT = { getByName: () => ({ fetch: approve }) } as unknown as Env["SANDBOX_PROCESSOR"];

export class PaymentShard extends Shard {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, { ...env, SANDBOX_PROCESSOR: INSTANT });
  }
}
