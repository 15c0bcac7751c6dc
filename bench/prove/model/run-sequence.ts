/** Runs one drawn sequence against the real shard, predicts what can be predicted, and audits what is left. */
import type { Reply } from "../../../src/durable/shard-api.ts";
import { ADDRESS, type ClientCall, World } from "../sim/world.ts";
import { audit, quiesce } from "./audit.ts";
import { Client, type Wish } from "./client.ts";
import { PaymentModel, type ModelFate, type Predicted } from "./payment-model.ts";
import type { Command, Sequence } from "./sequence.ts";

export interface Result {
  violations: string[];
  steps: number;
  crashes: number;
  trace: string[];
}

export async function runSequence(sequence: Sequence, { traced = false } = {}): Promise<Result> {
  const { seed, accounts, rates, calm, first, rest } = sequence;
  const world = new World({ seed, accounts, rates });
  if (traced) world.trace = [];
  try {
    await world.begin();
    const client = new Client(world);
    const run = calm ? new CalmRun(world, client, accounts.length) : new WildRun(world, client);
    // A shard that has never seen a configuration cannot route while D1 is down, and says so.
    if (calm) await answerTo(world, client.rehearse());
    for (const command of [first, ...rest]) {
      world.trace?.push(`--- ${JSON.stringify(command)}`);
      await run.run(command);
      if (world.violations.length > 0) break;
    }
    if (world.violations.length === 0) await finish(world, client);
  } catch (error) {
    world.violations.push(
      `the harness failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  } finally {
    world.end();
  }
  return { violations: world.violations, steps: world.steps, crashes: world.crashes, trace: world.trace ?? [] };
}

async function finish(world: World, client: Client): Promise<void> {
  world.trace?.push("--- peace");
  await quiesce(world);
  for (const asked of [...client.asked]) {
    if (asked.key === null) continue;
    const answered = asked.calls.some((call) => call.state === "answered" && call.value?.ok === true);
    world.trace?.push(`--- again ${asked.wish.type} ${asked.key}`);
    const again = await answerTo(world, client.send(asked));
    if (again.state !== "answered")
      world.violations.push(`I3: ${asked.wish.type} was ${again.state} on repeat: ${again.error}`);
    else if (answered && !(again.value?.ok === true && again.value.replayed))
      world.violations.push(`I3: ${asked.wish.type} was not replayed`);
    if (!(again.value?.ok === true)) continue;
    const other = await answerTo(world, client.send(asked, "0".repeat(64)));
    const code = other.value?.ok === false ? other.value.rejection.code : "none";
    if (code !== "idempotency_key_reused")
      world.violations.push(`I1: another body under the key of ${asked.wish.type} was answered ${code}`);
  }
  const stranger = await answerTo(world, client.cancelAsStranger());
  // A shard without payments belongs to nobody yet.
  const isOwned = world.sql.all("SELECT 1 FROM payments").length > 0;
  if (stranger.state !== "threw" && isOwned)
    world.violations.push("I12: another merchant's request reached this payment");
  await quiesce(world);
  await audit(world, client);
}

async function answerTo(world: World, call: ClientCall<Reply>): Promise<ClientCall<Reply>> {
  await settle(world, call);
  return call;
}

async function settle(world: World, call: ClientCall<unknown>): Promise<void> {
  const isDone = await world.runUntil(() => call.state !== "pending");
  if (!isDone) world.violations.push(`I9: ${call.label} is never answered`);
}

/** What the world does, whoever waits for what. */
type Outside = Exclude<Command, { type: "ask" | "again" | "crash" }>;

/** `round`: messages of another round have other names, so that they are not known for repeats. */
async function outside(world: World, client: Client, command: Outside, round = 0): Promise<void> {
  switch (command.type) {
    case "shopper": {
      const root = world.processor.books.findLast(({ trait }) => trait === "challenged");
      if (root === undefined) return;
      if (command.approves !== null) world.processor.answerChallenge(root.attempt, command.approves, client.id);
      if (command.returns)
        await settle(
          world,
          world.call("return", (shard) => shard.resume(root.attempt, {})),
        );
      break;
    }
    case "webhooks": {
      const facts = [...world.facts.entries()];
      if (command.reversed) facts.reverse();
      for (let n = 0; n < command.times; n++) {
        for (const [index, fact] of facts) {
          const delayMs = command.delayMs * world.random.next();
          world.tell(fact, {
            messageId: `m${index}-${round}`,
            delayMs,
            isHint: round === 0 && world.random.chance(0.2),
          });
        }
      }
      break;
    }
    case "time":
      // An outage of the read model that lasts for hours only repeats itself.
      if (command.ms > 100_000) world.isD1Down = false;
      await world.advance(command.ms);
      break;
    case "d1":
      world.isD1Down = command.down;
      break;
  }
}

/** Everything at once: commands do not wait for each other, and whatever can fail does. */
class WildRun {
  readonly world: World;
  readonly client: Client;

  constructor(world: World, client: Client) {
    this.world = world;
    this.client = client;
  }

  async run(command: Command): Promise<void> {
    const { world, client } = this;
    switch (command.type) {
      case "ask":
        if (command.fate !== "ok") world.script.push(command.fate);
        return this.#pause(command.pause, client.ask(command.wish, command.keyed));
      case "again": {
        const asked = client.asked[command.index % client.asked.length];
        if (asked !== undefined && asked.key !== null) await this.#pause(command.pause, client.send(asked));
        return;
      }
      case "crash":
        world.crashIn(command.steps);
        return;
      case "shopper": {
        // Nobody waits for the shopper's browser.
        const root = world.processor.books.findLast(({ trait }) => trait === "challenged");
        if (root === undefined) return;
        if (command.approves !== null) world.processor.answerChallenge(root.attempt, command.approves, client.id);
        if (command.returns) world.call("return", (shard) => shard.resume(root.attempt, {}));
        return;
      }
      default:
        return outside(world, client, command);
    }
  }

  async #pause(turns: number | null, call: ClientCall<Reply>): Promise<void> {
    if (turns === null) await answerTo(this.world, call);
    else for (let n = 0; n < turns; n++) await this.world.step();
  }
}

/** One thing after the other: each answer, and the payment after it, must be as the model says. */
class CalmRun {
  rounds = 0;
  readonly model: PaymentModel;
  readonly world: World;
  readonly client: Client;

  constructor(world: World, client: Client, accounts: number) {
    this.world = world;
    this.client = client;
    this.model = new PaymentModel(accounts);
    this.model.now = world.loop.now;
  }

  async run(command: Command): Promise<void> {
    const { world, client, model } = this;
    switch (command.type) {
      case "ask": {
        world.script.length = 0;
        if (command.fate !== "ok" && command.wish.type !== "sync") world.script.push(command.fate);
        // What was not used up must not hit the next command.
        model.now = world.loop.now;
        const expected = predict(model, command.wish, command.fate);
        const call = await answerTo(world, client.ask(command.wish, command.keyed));
        model.now = world.loop.now;
        world.script.length = 0;
        this.#compare(command.wish, call, expected);
        break;
      }
      case "again": {
        const asked = client.asked[command.index % client.asked.length];
        const first = asked?.calls.find((call) => call.value?.ok === true);
        if (asked === undefined || asked.key === null || first === undefined) return;
        const call = await answerTo(world, client.send(asked));
        const isSame =
          call.value?.ok === true &&
          first.value?.ok === true &&
          call.value.body === first.value.body &&
          call.value.replayed;
        if (!isSame) world.violations.push(`I3: ${asked.wish.type} was answered otherwise under its key`);
        break;
      }
      case "crash":
        // Between two commands, when all that was answered is durable.
        await world.runUntil(() => !world.storage.isDirty);
        world.crash();
        return;
      case "shopper":
        if (command.approves !== null) model.shopper(command.approves);
        await outside(world, client, command);
        model.now = world.loop.now;
        if (command.returns) model.returned();
        break;
      case "webhooks":
        // Twice: of what comes first, the first round may still be in the way.
        for (let twice = 0; twice < 2; twice++) {
          await outside(world, client, command, ++this.rounds);
          await world.advance(400);
          if (world.facts.length > 0) model.told();
        }
        // Whether the alarm was quicker is a matter of milliseconds, unless it is given the time.
        if (model.unknown !== null) await world.advance(7_000);
        model.wait(world.loop.now);
        break;
      case "time":
        await outside(world, client, command);
        model.wait(world.loop.now);
        break;
      case "d1":
        return outside(world, client, command);
    }
    await this.#compareRead(command);
  }

  #compare(wish: Wish, call: ClientCall<Reply>, expected: Predicted): void {
    const say = (what: string) =>
      this.world.violations.push(`model: ${wish.type} was answered ${what}, expected ${JSON.stringify(expected)}`);
    if (call.value === null) return void say(`${call.state} ${call.error}`);
    if (!call.value.ok) {
      const { code } = call.value.rejection;
      if (!("refused" in expected) || expected.refused !== code) say(code);
    } else if ("refund" in expected) {
      const refund = JSON.parse(call.value.body) as { status: string };
      if (refund.status !== expected.refund) say(`a refund that is ${refund.status}`);
    } else if (expected.refused !== null) say("as if it had been accepted");
  }

  async #compareRead(command: Command): Promise<void> {
    const { world, client, model } = this;
    const call = await answerTo(
      world,
      world.call("read", (shard) => shard.read(ADDRESS, client.id, null)),
    );
    if (call.value?.ok !== true)
      return void world.violations.push(`model: the payment cannot be read after ${command.type}: ${call.error}`);
    const body = JSON.parse(call.value.body) as Record<string, unknown> & { attempts: unknown[] };
    model.settleSome(Number(body["amountRefunded"]));
    const is = [body["status"], body["amountReceived"], body["amountRefunded"], body.attempts.length];
    const should: unknown[] = [model.status, model.captured, model.refunded, model.attempts];
    if (model.unknown === null) {
      is.push(body["amountCapturable"]);
      should.push(model.capturable);
    }
    if (is.join() !== should.join()) {
      world.violations.push(
        `model: after ${JSON.stringify(command)} status, received, refunded, attempts, capturable are ${is.join()}, expected ${should.join()}`,
      );
    }
  }
}

function predict(model: PaymentModel, wish: Wish, fate: ModelFate): Predicted {
  switch (wish.type) {
    case "create":
      return model.create(wish, fate);
    case "update":
      return model.update(wish);
    case "confirm":
      return model.confirm(wish.card, fate);
    case "capture":
      return model.take(wish, fate);
    case "cancel":
      return model.cancel(fate);
    case "refund":
      return model.refund(wish.amount, fate);
    case "approve":
      return model.review(true, fate);
    case "reject":
      return model.review(false, fate);
    case "sync":
      return model.sync();
  }
}
