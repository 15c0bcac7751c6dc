/**
 * `npm run receipt:verify <file|->`: decides again, offline, what a receipt (`GET /api/payments/{id}/receipt`, or a
 * simulation) says was decided. Exit code 0: equal; 1: not; 2: that is no receipt.
 */
import { readFileSync } from "node:fs";
import { type Receipt, verifyReceipt } from "../domain/routing/receipt.ts";

const STDIN = 0;
const [source] = process.argv.slice(2);

function readReceipt(): Receipt {
  if (source === undefined) throw new Error("usage: npm run receipt:verify <file|->");
  const answer = JSON.parse(readFileSync(source === "-" ? STDIN : source, "utf8")) as { routing?: Partial<Receipt> };
  // A dry run brings its receipt beside the screening.
  const receipt = answer.routing ?? (answer as Partial<Receipt>);
  if (typeof receipt.paymentId !== "string" || !Array.isArray(receipt.attempts) || receipt.facts == null)
    throw new Error(`${source} is not the receipt of a payment that was routed`);
  return receipt as Receipt;
}

try {
  const receipt = readReceipt();
  const differences = verifyReceipt(receipt);
  for (const { path, recorded, computed } of differences) {
    console.log(`not equal: ${path}\n  recorded: ${JSON.stringify(recorded)}\n  computed: ${JSON.stringify(computed)}`);
  }
  if (differences.length === 0) console.log(`equal: ${receipt.paymentId}, ${receipt.attempts.length} attempt(s)`);
  process.exitCode = differences.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
