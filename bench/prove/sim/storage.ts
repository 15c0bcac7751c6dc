import type { SqlDatabase } from "./sqlite.ts";

/** What the storage needs from the world around it. */
export interface StoragePorts {
  now: () => number;
  /** Something was written that is not durable yet: ask for a flush before long. */
  onDirty: () => void;
  /** The alarm that is durable from now on; null: none. */
  onAlarm: (at: number | null) => void;
}

/**
 * A Durable Object's storage. What one turn writes stands in one open transaction until it is flushed; later turns may
 * join it. A crash loses exactly what was not flushed. Outgoing messages wait for the flush: the output gate.
 */
export class SimStorage {
  readonly #sql: SqlDatabase;
  readonly #ports: StoragePorts;
  #isOpen = false;
  #held: (() => void)[] = [];
  /** Undefined: not touched since the last flush. */
  #nextAlarm: number | null | undefined;
  alarm: number | null = null;
  /** Whether the running handler, or anybody beside it, has set an alarm: that one stays when the handler is through. */
  isAlarmReset = false;
  /** While the handler runs the alarm that called it counts as gone, unless it is set again. */
  isAlarmRunning = false;

  constructor(sql: SqlDatabase, ports: StoragePorts) {
    this.#sql = sql;
    this.#ports = ports;
    sql.beforeWrite = () => this.#open();
  }

  /** As an instance sees it. Once `isCurrent` says no, every access throws, as for a superseded instance. */
  viewFor(isCurrent: () => boolean) {
    const guard = () => {
      if (!isCurrent()) throw new Error("this instance is no longer active");
    };
    return {
      sql: { exec: (query: string, ...bindings: unknown[]) => (guard(), this.#sql.exec(query, bindings)) },
      transactionSync: <T>(write: () => T): T => (guard(), this.#transaction(write)),
      getAlarm: async () => (
        guard(),
        this.#nextAlarm !== undefined ? this.#nextAlarm : this.isAlarmRunning && !this.isAlarmReset ? null : this.alarm
      ),
      setAlarm: async (at: number) => (guard(), this.#setAlarm(at)),
      deleteAlarm: async () => (guard(), this.#setAlarm(null)),
      sync: () => new Promise<void>((resolve) => this.gate(resolve)),
    };
  }

  /** Runs `send` once everything written so far is durable. */
  gate(send: () => void): void {
    if (this.#isOpen) this.#held.push(send);
    else send();
  }

  get isDirty(): boolean {
    return this.#isOpen;
  }

  flush(): void {
    if (!this.#isOpen) return;
    this.#sql.run("COMMIT");
    this.#isOpen = false;
    if (this.#nextAlarm !== undefined) {
      this.alarm = this.#nextAlarm;
      this.isAlarmReset = true;
      this.#nextAlarm = undefined;
      this.#ports.onAlarm(this.alarm);
    }
    const held = this.#held;
    this.#held = [];
    for (const send of held) send();
  }

  crash(): void {
    if (this.#isOpen) this.#sql.run("ROLLBACK");
    this.#isOpen = false;
    this.#held = [];
    this.#nextAlarm = undefined;
    this.isAlarmRunning = false;
  }

  alarmBegins(): void {
    this.isAlarmRunning = true;
    this.isAlarmReset = false;
  }

  /** The handler is through, and what it wrote is durable: the alarm that rang is gone, unless it was set again. */
  alarmEnds(): void {
    this.isAlarmRunning = false;
    if (!this.isAlarmReset) this.alarm = null;
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#sql.run("BEGIN");
    this.#isOpen = true;
    this.#ports.onDirty();
  }

  #transaction<T>(write: () => T): T {
    this.#open();
    this.#sql.run("SAVEPOINT turn");
    try {
      const result = write();
      this.#sql.run("RELEASE turn");
      return result;
    } catch (error) {
      this.#sql.run("ROLLBACK TO turn");
      this.#sql.run("RELEASE turn");
      throw error;
    }
  }

  #setAlarm(at: number | null): void {
    this.#open();
    this.#nextAlarm = at;
  }
}
