/** A shard that records what it is told and answers what the test says: for what the HTTP edge does by itself. */
import type { PaymentShardApi, Reply, ShardAddress } from "../../src/durable/shard-api.ts";
import type { ShardDoor } from "../../src/http/env.ts";

export interface RecordedCall {
  method: string;
  address: ShardAddress | null;
  // oxlint-disable-next-line typescript/no-explicit-any -- judged by the assertions
  args: any[];
}

/** `answer` may throw, as a stub does. */
export function recordingShard(answer: (call: RecordedCall, n: number) => unknown = () => accepted()): {
  calls: RecordedCall[];
  shard: ShardDoor;
} {
  const calls: RecordedCall[] = [];
  const shard: ShardDoor = (_env, address) =>
    new Proxy({} as PaymentShardApi, {
      get:
        (_target, method: string) =>
        async (...args: unknown[]) => {
          const call = { method, address, args };
          calls.push(call);
          return answer(call, calls.length);
        },
    });
  return { calls, shard };
}

export function accepted(body: unknown = { id: "pay_recorded" }, status: 200 | 201 = 201): Reply {
  return { ok: true, status, body: JSON.stringify(body), replayed: false };
}
