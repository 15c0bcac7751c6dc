/** What crosses the RPC boundary to the object that shards share what they learn in. */
import type { Mode } from "../domain/mode.ts";
import type { Circuit } from "../domain/routing/circuit.ts";
import type { Observation } from "../domain/routing/memory.ts";
import type { OutcomeWindow } from "../domain/routing/window.ts";

export interface HealthNews {
  /** To be given back with the next report. */
  reports: number;
  circuits: [key: string, circuit: Circuit][];
  learned: [key: string, window: OutcomeWindow][];
}

export interface ConnectorHealthApi {
  /**
   * Takes what a shard saw; answers what has changed since the report that it knows, 0 for everything: the JSON text of
   * `HealthNews`, since pairs do not survive the types of RPC.
   */
  report(observations: readonly Observation[], since: number): Promise<string>;
  /** JSON text of `GET /api/connectors/{id}/health`. */
  read(account: { id: string; label: string }): Promise<string>;
}

/** The Durable Object's name. */
export function healthName({ merchantId, mode }: { merchantId: string; mode: Mode }): string {
  return `${merchantId}:${mode}`;
}
