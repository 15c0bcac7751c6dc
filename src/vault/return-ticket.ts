import { timingSafeEqual } from "node:crypto";
import { parseChildId } from "../domain/ids.ts";
import type { Mode } from "../domain/mode.ts";
import { keyedHash } from "./keys.ts";

/** Which attempt a shopper comes back from, and whose it is: the shopper has no key that would say so. */
export interface ReturnTicket {
  merchantId: string;
  mode: Mode;
  attemptId: string;
}

/** For a URL's path. Signed, so that nobody can wake objects of merchants and attempts that do not exist. */
export function writeReturnTicket(masterKey: string, { merchantId, mode, attemptId }: ReturnTicket): string {
  const text = `${merchantId}.${mode}.${attemptId}`;
  return `${text}.${proofOf(masterKey, text)}`;
}

/** Null where it is not one of ours, to the letter. */
export function readReturnTicket(masterKey: string, ticket: string): ReturnTicket | null {
  const [merchantId = "", mode = "", attemptId = "", proof = "", ...rest] = ticket.split(".");
  if (rest.length > 0 || (mode !== "test" && mode !== "live") || parseChildId("att", attemptId) === null) return null;
  const expected = proofOf(masterKey, `${merchantId}.${mode}.${attemptId}`);
  if (proof.length !== expected.length || !timingSafeEqual(Buffer.from(proof), Buffer.from(expected))) return null;
  return { merchantId, mode, attemptId };
}

function proofOf(masterKey: string, text: string): string {
  return keyedHash(masterKey, "return-state", text).toString("hex").slice(0, 32);
}
