/** A second reading of a payment's log, by its documentation: statuses, amounts and the chain of hashes. */
import { createHash } from "node:crypto";

export interface LoggedEvent {
  sequence: number;
  type: string;
  created: string;
  from: string | null;
  to: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the log says is judged here
  data: any;
  hash: string;
  previousHash: string;
}

export interface Reading {
  violations: string[];
  captured: number;
  refunded: number;
  reserved: number;
  voidRefused: boolean;
  isExpired: boolean;
  captures: number;
  refunds: number;
  approvals: number;
  keys: Set<string>;
  status: string;
}

const SETTLED = new Set([
  "verified",
  "authorized",
  "charged",
  "attemptFailed",
  "challenged",
  "captured",
  "captureFailed",
  "voided",
  "voidRefused",
  "refundPending",
  "refundSucceeded",
  "refundFailed",
]);

export function readLog(events: readonly LoggedEvent[]): Reading {
  const violations: string[] = [];
  const say = (event: LoggedEvent, what: string) =>
    violations.push(`I6: event ${event.sequence} ${event.data.kind}: ${what}`);
  const reading: Reading = {
    violations,
    captured: 0,
    refunded: 0,
    reserved: 0,
    voidRefused: false,
    isExpired: false,
    captures: 0,
    refunds: 0,
    approvals: 0,
    keys: new Set(),
    status: "",
  };
  let previousHash = "0".repeat(64);
  let authorized = 0;
  let released = 0;
  let owed: string | null = null;
  const amounts = new Map<string, number>();
  const open = new Set<string>();
  let last = { sequence: 0, created: "", to: null as string | null };
  for (const event of events) {
    const { hash, ...rest } = event;
    if (event.sequence !== last.sequence + 1) say(event, `follows ${last.sequence}`);
    if (event.from !== last.to) say(event, `comes from ${event.from}, but the payment was ${last.to}`);
    if (event.created < last.created) say(event, "is older than the one before");
    if (event.previousHash !== previousHash) say(event, "does not continue the chain");
    if (
      createHash("sha256")
        .update(`${previousHash}\n${canonical(rest)}`)
        .digest("hex") !== hash
    )
      say(event, "has a wrong hash");
    previousHash = hash;
    const { data } = event;
    const key: string | undefined = data.captureKey ?? data.voidKey ?? data.refundId ?? data.attemptId;
    if (/Started$/.test(data.kind) && data.kind !== "authenticationStarted") {
      if (owed !== null) say(event, `begins while ${owed} is unknown`);
      if (open.size > 0 && data.kind === "attemptStarted") say(event, "another attempt holds or may hold money");
      if (reading.keys.has(key ?? "")) say(event, `the key ${key} was used before`);
      reading.keys.add(key ?? "");
      owed = key ?? null;
      if (data.kind === "attemptStarted") open.add(data.attemptId);
      if (key !== undefined) amounts.set(key, data.amount ?? 0);
    }
    if (data.kind === "authenticationStarted") owed = data.attemptId;
    if (SETTLED.has(data.kind) && owed === key) owed = null;
    switch (data.kind) {
      case "authorized":
        authorized += data.amount;
        break;
      case "charged":
        authorized += data.amount;
        reading.captured += data.amount;
        break;
      case "attemptFailed":
        open.delete(data.attemptId);
        break;
      case "reviewApproved":
        reading.approvals++;
        break;
      case "captureStarted":
        reading.captures++;
        break;
      case "captured":
        reading.captured += data.amount;
        break;
      case "voided":
        released += amounts.get(data.voidKey) ?? 0;
        break;
      case "voidRefused":
        reading.voidRefused = true;
        break;
      case "refundStarted":
        reading.refunds++;
        reading.reserved += data.amount;
        break;
      case "refundSucceeded":
        reading.refunded += amounts.get(data.refundId) ?? 0;
        break;
      case "refundFailed":
        reading.reserved -= amounts.get(data.refundId) ?? 0;
        break;
      case "expired":
        reading.isExpired = true;
        break;
      case "conflictFound":
        owed = null;
        break;
    }
    if (reading.captured + released > authorized)
      say(event, `captured ${reading.captured} and released ${released} of ${authorized}`);
    if (reading.reserved > reading.captured)
      say(event, `refunds of ${reading.reserved} against ${reading.captured} captured`);
    last = event;
  }
  reading.status = last.to ?? "";
  return reading;
}

/** RFC 8785 for the values that stand in a log: strings, integers, booleans, null, arrays and objects. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}
