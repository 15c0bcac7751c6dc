import { plainId } from "../domain/ids.ts";
import { keyedHash } from "./keys.ts";

/**
 * Of the card that this payment keeps: one at most. Whoever computes it, however often, gets the same; who has only the
 * payment's id cannot.
 */
export function savedMethodIdOf(masterKey: string, paymentId: string): string {
  return plainId("pm", keyedHash(masterKey, "saved-method", paymentId));
}
