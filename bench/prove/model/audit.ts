/**
 * The invariants, over everything that is left when all is quiet: the processor's books, the shard's rows, the read
 * model, and what clients were answered. Numbers are those of docs/design/proof.md.
 */
import { unpackBody } from "../../../src/projection/body.ts";
import type { Reply } from "../../../src/durable/shard-api.ts";
import { type Effect, sum } from "../sim/processor.ts";
import { ADDRESS, type World } from "../sim/world.ts";
import type { Client } from "./client.ts";
import { type LoggedEvent, type Reading, readLog } from "./read-log.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are judged here
type Body = any;

async function ask<T>(world: World, method: Parameters<World["call"]>[1]): Promise<T> {
  const call = world.call("audit", method);
  await world.runUntil(() => call.state !== "pending");
  if (call.state !== "answered") throw new Error(`the audit's own question was ${call.state}: ${call.error}`);
  return call.value as T;
}

/** What is still on its way: calls owed, pending refunds, rows that D1 has not confirmed. */
export function unsettled(world: World): string | null {
  const [due] = world.sql.all<{ job: string }>("SELECT job FROM due WHERE job <> 'expire' LIMIT 1");
  if (due !== undefined) return `a ${due.job} job`;
  const [row] = world.sql.all("SELECT 1 FROM outbox LIMIT 1");
  if (row !== undefined) return "an outbox row";
  const [last] = world.sql.all<{ status: string }>("SELECT status FROM events ORDER BY id DESC LIMIT 1");
  const isAsked = last?.status === "requires_customer_action";
  if (isAsked && !world.processor.books.some(({ state }) => state === "asks"))
    return "a challenge that the shopper has answered";
  if (world.lateWrites > 0) return "a late write of D1's";
  if (world.pending > 0) return "a client's call";
  return world.storage.isDirty ? "an open transaction" : null;
}

/** No faults any more, and no request either: alarms alone must bring everything to its end. */
export async function quiesce(world: World): Promise<void> {
  world.peace();
  const limit = world.loop.now + 9 * 86_400_000;
  // Where nothing is planned any more, nothing will happen.
  const isOver = () => unsettled(world) === null || world.loop.now > limit || world.loop.nextDue() === null;
  do {
    await world.runUntil(isOver, 20_000);
    // What an alarm has just begun may not have written anything yet.
    await world.advance(500);
  } while (!isOver());
  const left = unsettled(world);
  if (left !== null) world.violations.push(`I9: still waiting for ${left} after nine days of peace`);
}

export async function audit(world: World, client: Client): Promise<void> {
  const fail = (what: string) => world.violations.push(what);
  const { id } = client;
  const read = await ask<Reply>(world, (shard) => shard.read(ADDRESS, id, null));
  if (!read.ok) {
    if (world.processor.books.length > 0) fail("I4: the processor knows a payment that we do not");
    if (client.asked[0]?.calls.some((call) => call.state === "answered" && call.value?.ok === true))
      fail("I3: an acknowledged payment is gone");
    return;
  }
  const body: Body = JSON.parse(read.body);
  const list = await ask<Reply>(world, (shard) => shard.listEvents(ADDRESS, id, { limit: 1000, cursor: null }));
  const events: LoggedEvent[] = list.ok ? JSON.parse(list.body).data : [];
  const log = readLog(events);
  world.violations.push(...log.violations);
  if (body.version !== events.length) fail(`I6: version ${body.version} after ${events.length} events`);
  if (body.status !== log.status) fail(`I6: the payment is ${body.status}, its log ends with ${log.status}`);
  if (body.amountReceived !== log.captured) fail(`I6: received ${body.amountReceived}, its log says ${log.captured}`);
  if (body.amountRefunded !== log.refunded) fail(`I6: refunded ${body.amountRefunded}, its log says ${log.refunded}`);
  const known = new Set([
    "requires_payment_method",
    "requires_confirmation",
    "requires_customer_action",
    "requires_merchant_action",
    "requires_capture",
    "partially_captured_and_capturable",
    "partially_captured",
    "succeeded",
    "failed",
    "cancelled",
    "expired",
    "conflicted",
  ]);
  if (!known.has(body.status)) fail(`I9: still ${body.status} when all is quiet`);
  auditBooks(world, body, log, fail);
  auditRequests(client, log, fail);
  // Only a crash may come between an intent and its call, so that it is given up as never sent.
  if (world.crashes === 0) {
    for (const key of log.keys) if (!world.performed.has(key)) fail(`I9: ${key} was intended, and never sent`);
  }
  await auditAnswers(world, client, fail);
  auditRows(world, body, id, fail);
}

/** I2, I4, I5, I8: the processor's books against ours. */
function auditBooks(world: World, body: Body, log: Reading, fail: (what: string) => void): void {
  const { books } = world.processor;
  const done = books.filter(({ state }) => state === "ok" || state === "waits" || state === "asks");
  const seen = new Set<string>();
  for (const { key, kind, amount } of done) {
    if (seen.has(key)) fail(`I2: two effects under ${key} (${kind} ${amount})`);
    seen.add(key);
    if (!log.keys.has(key)) fail(`I4: the processor did ${kind} ${amount} under ${key}, which our log does not know`);
  }
  const total = (kinds: Effect["kind"][]) =>
    sum(done.filter(({ kind, state }) => state !== "asks" && kinds.includes(kind)));
  const taken = total(["charge", "capture"]);
  const returned = total(["refund"]);
  const opened = done.filter(({ kind, state }) => (kind === "charge" || kind === "authorize") && state === "ok");
  if (returned > taken) fail(`I5: the processor gave back ${returned} of ${taken}`);
  if (taken > body.amount) fail(`I5: the processor took ${taken} of ${body.amount}`);
  // Only a processor that cannot be asked may leave a question open for good; a person closes it.
  const isAskable = [...world.processor.kinds.values()].every((kind) => kind === "full" || kind === "bare");
  if (body.status === "conflicted") {
    if (isAskable) fail("I9: conflicted, though the processor can be asked");
    return;
  }
  if (taken !== body.amountReceived) fail(`I4: the processor took ${taken}, we say ${body.amountReceived}`);
  if (returned !== body.amountRefunded) fail(`I4: the processor gave back ${returned}, we say ${body.amountRefunded}`);
  const current: string = body.attempts.at(-1)?.id ?? "";
  for (const root of opened) {
    const held = world.processor.held(root);
    if (root.attempt !== current && (held > 0 || root.kind === "charge"))
      fail(`I8: an earlier attempt ${root.attempt} holds ${held}`);
    const isOpen = ["requires_capture", "partially_captured_and_capturable", "requires_merchant_action"].includes(
      body.status,
    );
    const mayHold = log.voidRefused || log.isExpired;
    if (isOpen && root.attempt === current && held !== body.amount - body.amountReceived)
      fail(`I4: ${body.status}, but the processor holds ${held}`);
    if (!isOpen && held > 0 && !mayHold) fail(`I4: ${body.status}, but the processor still holds ${held}`);
  }
  const asks = done.filter(({ state }) => state === "asks").length;
  if (asks > 0 && body.status !== "requires_customer_action") fail(`I4: ${body.status}, but a challenge is open`);
}

/** I1: no request was executed more often than it was made. */
function auditRequests({ asked }: Client, log: Reading, fail: (what: string) => void): void {
  const count = (type: string) => asked.filter(({ wish }) => wish.type === type).length;
  if (log.captures > count("capture") + log.approvals)
    fail(`I1: ${log.captures} captures for ${count("capture")} requests`);
  if (log.refunds > count("refund")) fail(`I1: ${log.refunds} refunds for ${count("refund")} requests`);
}

/** I3: what was acknowledged stays, and a key's first answer is its only one, byte for byte. */
async function auditAnswers(world: World, client: Client, fail: (what: string) => void): Promise<void> {
  for (const { wish, key, calls } of client.asked) {
    const bodies = new Set<string>();
    for (const { state, value } of calls) {
      if (state !== "answered" || value === null || !value.ok) continue;
      bodies.add(value.body);
      const said: Body = JSON.parse(value.body);
      if (said.paymentId === undefined) {
        const then = await ask<Reply>(world, (shard) => shard.read(ADDRESS, client.id, { version: said.version }));
        if (!then.ok || then.body !== value.body)
          fail(`I3: ${wish.type} was answered with version ${said.version}, which reads otherwise now`);
      } else {
        const now = await ask<Reply>(world, (shard) => shard.readRefund(ADDRESS, said.id));
        const is: Body = now.ok ? JSON.parse(now.body) : null;
        if (is === null || is.amount !== said.amount) fail(`I3: the refund ${said.id} of ${said.amount} is gone`);
        else if (said.status !== "pending" && is.status !== said.status)
          fail(`I3: the refund was ${said.status} and is ${is.status}`);
      }
    }
    if (key !== null && bodies.size > 1) fail(`I3: ${wish.type} under ${key} was answered in ${bodies.size} ways`);
  }
}

/** I10, I11, and the card: rows of the shard and of the read model. */
function auditRows(world: World, body: Body, id: string, fail: (what: string) => void): void {
  const rows = world.d1
    .prepare("SELECT version, status, hex(body) AS body FROM payments WHERE id = ?")
    .all(id) as Body[];
  const [row] = rows;
  const { clientSecret: _, ...shown } = body;
  if (rows.length !== 1) fail(`I11: the read model has ${rows.length} rows`);
  else if (row.version !== body.version || row.status !== body.status)
    fail(`I11: the read model says ${row.status} at ${row.version}, the shard ${body.status} at ${body.version}`);
  else if (unpackBody(row.body) !== JSON.stringify(shown)) fail("I11: the read model shows another body");
  const [secret] = world.sql.all<{ cvc: string | null; created: number }>("SELECT cvc, created FROM secrets");
  const mayNeedCard = ["requires_payment_method", "requires_confirmation", "requires_customer_action"].includes(
    body.status,
  );
  if (secret !== undefined && !mayNeedCard) fail(`I13: the card still stands in a payment that is ${body.status}`);
  if (secret?.cvc != null && world.loop.now > secret.created + 15 * 60_000 + 60_000)
    fail("I13: a verification code stands for more than 15 minutes");
}
