/** Where a page ended. Opaque to merchants: base64url, with a version in front so that it can change. */
import { isPaymentId } from "../domain/ids.ts";

export interface PaymentCursor {
  /** ms since 1970 */
  created: number;
  id: string;
}

const VERSION = "1";

export function encodeCursor(cursor: PaymentCursor): string {
  return Buffer.from(`${VERSION}.${cursor.created}.${cursor.id}`).toString("base64url");
}

/** Null where the text is not one that `encodeCursor` gives out. */
export function decodeCursor(text: string): PaymentCursor | null {
  const [version, digits, id, ...rest] = Buffer.from(text, "base64url").toString().split(".");
  if (version !== VERSION || digits === undefined || id === undefined || rest.length > 0) return null;
  const cursor = { created: Number(digits), id };
  if (!Number.isSafeInteger(cursor.created) || cursor.created < 0 || !isPaymentId(id)) return null;
  return encodeCursor(cursor) === text ? cursor : null;
}
