/** Load: as many requests at once as there are connections, or arrivals that do not wait for anybody. */
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { Connection, type Reply } from "./connection.ts";
import { quantile } from "./statistics.ts";

/** Makes the next request; called once for each. */
export type NextRequest = () => string;
/** Judges an answer; false counts as an error. */
export type Accept = (reply: Reply, request: string) => boolean;

export interface LoadResult {
  /** Answers that were accepted. */
  done: number;
  errors: number;
  /** Of the first error. */
  firstError: string | null;
  seconds: number;
  /** Ascending, in ms. Of an open loop: from the intended arrival, so that a stall is seen by all who came in it. */
  latencies: number[];
  /** Open loop: how late the generator itself sent, 99th percentile, ms. */
  lagMs: number;
}

export interface Target {
  port: number;
  next: NextRequest;
  accept: Accept;
}

interface Tally {
  done: number;
  errors: number;
  firstError: string | null;
  latencies: number[];
}

/** Each of `connections` sends its next request once the last is answered, for `forMs` or until `limit` were sent. */
export async function closedLoop(
  { port, next, accept }: Target,
  { connections, forMs, limit = Infinity }: { connections: number; forMs: number; limit?: number },
): Promise<LoadResult> {
  const pool = await openPool(port, connections);
  const tally: Tally = { done: 0, errors: 0, firstError: null, latencies: [] };
  const started = performance.now();
  let sent = 0;
  try {
    await Promise.all(
      pool.map(async (connection) => {
        while (sent < limit && performance.now() - started < forMs) {
          sent += 1;
          const request = next();
          const at = performance.now();
          const reply = await connection.send(request);
          tally.latencies.push(performance.now() - at);
          count(tally, accept(reply, request), reply);
        }
      }),
    );
  } finally {
    for (const connection of pool) connection.close();
  }
  return finish(tally, started, 0);
}

/** Arrivals at random (a Poisson process), `perSecond` on average, whether or not earlier ones were answered. */
export async function openLoop(
  { port, next, accept }: Target,
  {
    perSecond,
    forMs,
    connections,
    random,
  }: { perSecond: number; forMs: number; connections: number; random: () => number },
): Promise<LoadResult> {
  const pool = await openPool(port, connections);
  const idle = [...pool];
  const queue: number[] = [];
  const tally: Tally = { done: 0, errors: 0, firstError: null, latencies: [] };
  const lags: number[] = [];
  const flights = new Set<Promise<void>>();
  const started = performance.now();
  const launch = (connection: Connection, intended: number): void => {
    const request = next();
    const flight = connection.send(request).then((reply) => {
      tally.latencies.push(performance.now() - intended);
      count(tally, accept(reply, request), reply);
      flights.delete(flight);
      const waiting = queue.shift();
      if (waiting === undefined) idle.push(connection);
      else launch(connection, waiting);
    });
    flights.add(flight);
  };
  try {
    for (let intended = started; ;) {
      intended += (-Math.log(1 - random()) * 1000) / perSecond;
      if (intended - started > forMs) break;
      await waitUntil(intended);
      lags.push(performance.now() - intended);
      const connection = idle.pop();
      if (connection === undefined) queue.push(intended);
      else launch(connection, intended);
    }
    while (flights.size > 0) await Promise.all(flights);
  } finally {
    for (const connection of pool) connection.close();
  }
  return finish(
    tally,
    started,
    quantile(
      lags.toSorted((a, b) => a - b),
      0.99,
    ),
  );
}

/** Timers are good to a millisecond; the rest is spent turning. */
async function waitUntil(at: number): Promise<void> {
  const left = at - performance.now();
  if (left > 2) await sleep(left - 1.5);
  while (performance.now() < at) await nextTurn();
}

function openPool(port: number, connections: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: connections }, () => Connection.open(port)));
}

function count(tally: Tally, isAccepted: boolean, reply: Reply): void {
  if (isAccepted) {
    tally.done += 1;
    return;
  }
  tally.errors += 1;
  tally.firstError ??= `HTTP ${reply.status} ${reply.body.slice(0, 300)}`;
}

function finish(tally: Tally, started: number, lagMs: number): LoadResult {
  const latencies = tally.latencies.toSorted((a, b) => a - b);
  return { ...tally, latencies, lagMs, seconds: (performance.now() - started) / 1000 };
}
