import { Driver as RealDriver, type DriverPorts } from "../../../src/durable/driver.ts";

export type { DriverPorts };

/** The newest instance's driver: where a processor's verified message is told. */
export const probe: { driver: RealDriver | null } = { driver: null };

export class Driver extends RealDriver {
  constructor(ports: DriverPorts) {
    super(ports);
    probe.driver = this;
  }
}
