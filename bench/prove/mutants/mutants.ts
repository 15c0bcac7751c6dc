/** Bugs that the protocol's tests must find: changes of the source text, each to exactly one place. */
export interface Mutant {
  name: string;
  /** What goes wrong in the field. */
  why: string;
  patches: { file: string; find: string; replace: string }[];
}

const driver = "src/durable/driver.ts";
const observe = "src/domain/payment/observe.ts";

export const mutants: readonly Mutant[] = [
  {
    name: "random-processor-key",
    why: "each call names itself anew, so a repeat is a second operation",
    patches: [
      {
        file: "src/durable/processor-call.ts",
        find: "    key: operation.key,\n",
        replace: "    key: `${operation.key}-${Math.floor(Math.random() * 1e6)}`,\n",
      },
    ],
  },
  {
    name: "timeout-means-failed",
    why: "silence is taken for failure, and the merchant charges again",
    patches: [
      {
        file: observe,
        find: `  if (outcome.kind === "unknown") return [];`,
        replace: `  if (outcome.kind === "unknown") outcome = { kind: "failed", error: neverArrived() };`,
      },
    ],
  },
  {
    name: "no-in-flight-guard",
    why: "an operation is sent while another one's outcome is unknown",
    patches: [
      {
        file: "src/domain/payment/decide/decision.ts",
        find: "  if (state.owed !== null) return refuse(inProgress());\n",
        replace: "",
      },
    ],
  },
  {
    name: "recovery-beside-the-call",
    why: "a retry asks about a call that is still in flight instead of waiting for it",
    patches: [
      {
        file: driver,
        find: "return this.#live.get(id) ?? this.#start(id, () => this.#recover(id));",
        replace: "return this.#start(id, () => this.#recover(id));",
      },
    ],
  },
  {
    name: "call-before-intent",
    why: "the processor is called first and the intent written afterwards",
    patches: [
      {
        file: "src/durable/commands.ts",
        find: `  await reach("before_intent", paymentId);\n`,
        replace: `  await reach("before_intent", paymentId);\n  await driver.early(tables.log.find(paymentId), execution.decide(tables.log.find(paymentId)), paymentId);\n`,
      },
      {
        file: driver,
        find: "  /** Finds out what became of the call that is owed, joining a run that is under way. */\n",
        replace: `  async early(held: any, decision: any, id: string): Promise<void> {
    if (!decision.ok) return;
    let state = held?.state ?? null;
    for (const event of decision.events) state = evolve(state, event, id, this.#ports.now());
    const operation = state === null ? null : owedOperation(state);
    if (operation === null) return;
    await this.#perform({ number: held?.number ?? 0, state, head: new Uint8Array(32) }, { operation, row: 0, verb: "perform", conclude: false });
  }

  /** Finds out what became of the call that is owed, joining a run that is under way. */
`,
      },
      {
        file: driver,
        find: "export interface DriverPorts {\n",
        replace: `import { evolve } from "../domain/payment/evolve.ts";\nexport interface DriverPorts {\n`,
      },
    ],
  },
  {
    name: "refund-without-reservation",
    why: "only refunds that succeeded count against the captured amount, so pending ones can add up to more",
    patches: [
      {
        file: "src/domain/payment/amounts.ts",
        find: `sum(state.refunds.filter((refund) => refund.status !== "failed"))`,
        replace: `sum(state.refunds.filter((refund) => refund.status === "succeeded"))`,
      },
    ],
  },
  {
    name: "unversioned-upsert",
    why: "a late write takes the read model back to an older version",
    patches: [
      {
        file: "src/projection/project.ts",
        find: "    WHERE excluded.version > payments.version`",
        replace: "    WHERE true`",
      },
    ],
  },
  {
    name: "lost-alarm",
    why: "nothing wakes the shard for what a crash left open",
    patches: [
      { file: "src/durable/payment-shard.ts", find: "    void this.ctx.storage.setAlarm(next);\n", replace: "" },
    ],
  },
  {
    name: "dropped-outbox",
    why: "rows leave the outbox before the read model has them",
    patches: [
      {
        file: "src/durable/outbox-feed.ts",
        find: "        await send(batch);\n",
        replace: "        void send(batch).catch(() => {});\n",
      },
    ],
  },
  {
    name: "tenant-check-removed",
    why: "a shard answers whoever reaches it",
    patches: [
      {
        file: "src/durable/address-book.ts",
        find: `      throw new Error("this shard belongs to another merchant, mode or number");\n`,
        replace: "",
      },
    ],
  },
  {
    name: "replay-without-body-check",
    why: "another request under a used key gets the first one's answer",
    patches: [
      {
        file: "src/durable/answers.ts",
        find: "    if (!digest(claim.fingerprint).equals(Buffer.from(row.fingerprint))) return keyReused();\n",
        replace: "",
      },
    ],
  },
  {
    name: "status-stored",
    why: "the newest status is remembered beside the facts and shown for every version",
    patches: [
      {
        file: "src/domain/payment/status.ts",
        find: "export function statusOf(state: PaymentState): PaymentStatus {\n",
        replace: `const stored = new Map<string, { version: number; status: PaymentStatus }>();
export function statusOf(state: PaymentState): PaymentStatus {
  const key = \`\${state.id} \${state.created}\`;
  const known = stored.get(key);
  if (known !== undefined && known.version > state.version) return known.status;
  const status = derive(state);
  stored.set(key, { version: state.version, status });
  return status;
}
function derive(state: PaymentState): PaymentStatus {
`,
      },
    ],
  },
  {
    name: "capture-above-authorised",
    why: "the amount of a capture is not compared with what is left",
    patches: [
      {
        file: "src/domain/payment/decide/capture.ts",
        find: "  if (amount > left) {\n",
        replace: "  if (amount > left && left < 0) {\n",
      },
    ],
  },
  {
    name: "refused-repeat-means-failed",
    why: "an error in answer to a repeat is taken for the first request's failure",
    patches: [
      {
        file: driver,
        find: `outcome.kind === "failed" && (verb === "replay" || operation.kind === "authenticate")`,
        replace: `outcome.kind === "failed" && operation.kind === "authenticate"`,
      },
    ],
  },
  {
    name: "eventual-absence-believed",
    why: "a first “not found” of a processor that is still committing counts as absence",
    patches: [
      {
        file: observe,
        find: "return outcome.conclusive ? failedAttempt(",
        replace: 'return outcome.conclusive || outcome.kind === "not_found" ? failedAttempt(',
      },
    ],
  },
  {
    name: "absence-not-sealed",
    why: "“not found” is acted on without the processor refusing the key from then on",
    patches: [
      {
        file: "src/domain/payment/recovery.ts",
        find: `  return { verb: "lookup", conclude: !replayable };`,
        replace: `  return { verb: "lookup", conclude: false };`,
      },
      {
        file: observe,
        find: "return outcome.conclusive ? failedAttempt(",
        replace: 'return outcome.conclusive || outcome.kind === "not_found" ? failedAttempt(',
      },
    ],
  },
  {
    name: "jobs-taken-at-most-once",
    why: "a due job is forgotten as soon as it is begun, so a crash in the middle loses it",
    patches: [
      {
        file: "src/durable/alarm-jobs.ts",
        find: "  const held = tables.log.byNumber(job.payment);\n",
        replace: "  const held = tables.log.byNumber(job.payment);\n  tables.due.clear(job.payment, job.job);\n",
      },
    ],
  },
  {
    name: "card-kept",
    why: "the sealed card stays after the authorisation is settled",
    patches: [{ file: "src/durable/transition.ts", find: "  forgetCard(tables, before, after, at);\n", replace: "" }],
  },
  {
    name: "chain-not-linked",
    why: "an event's hash does not cover the one before, so events can be cut out",
    patches: [
      {
        file: "src/durable/payment-log.ts",
        find: ".update(`${hex(head)}\\n${canonicalJson(row)}`)",
        replace: ".update(`${hex(GENESIS)}\\n${canonicalJson(row)}`)",
      },
    ],
  },
  {
    name: "twins-both-run",
    why: "a request is not looked up again in the commit that would execute it",
    patches: [
      {
        file: "src/durable/commands.ts",
        find: "const isTwin = claim !== null && tables.answers.find(claim) !== null;",
        replace: "const isTwin = false;",
      },
    ],
  },
  {
    name: "settled-twice",
    why: "a late message settles a refund that is settled already",
    patches: [
      {
        file: observe,
        find: `({ id, status }) => id === key && (status === "pending" || status === "review"));`,
        replace: `({ id }) => id === key);`,
      },
    ],
  },
  {
    name: "begun-behind-recovery",
    why: "an operation that begins while another's outcome is being found out is never sent, and given up as lost",
    patches: [
      { file: driver, find: "    if (this.#held(id).state.owed?.key !== key) await this.#follow(id);\n", replace: "" },
    ],
  },
];
