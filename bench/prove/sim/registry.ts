/** Stands in for `src/connectors/registry.ts`: the same two functions, the simulated processors. */
import type { CallContext, Connector } from "../../../src/connectors/connector.ts";
import { PROCESSOR_KINDS, type ProcessorKind, type SimProcessor } from "./processor.ts";

let connectors = new Map<string, Connector>();

export function useProcessor(processor: SimProcessor): void {
  connectors = new Map(PROCESSOR_KINDS.map((kind: ProcessorKind) => [kind, processor.connector(kind)]));
}

export function connectorNamed(name: string): Connector | undefined {
  return connectors.get(name);
}

export function openDoor(): CallContext["send"] {
  return () => Promise.reject(new Error("the simulated processor is not reached by HTTP"));
}
