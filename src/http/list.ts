/** The list envelope, for lists that D1 keeps by (`created`, `id`), newest first. */
interface Position {
  /** ms since 1970 */
  created: number;
  id: string;
}

export interface List {
  data: unknown[];
  hasMore: boolean;
  nextCursor: string | null;
}

/** `rows` holds one more than `limit` where there is more. */
export function writeList<T extends Position>(rows: readonly T[], limit: number, show: (row: T) => unknown): List {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit;
  return {
    data: shown.map(show),
    hasMore,
    nextCursor: hasMore && last !== undefined ? Buffer.from(`${last.created}.${last.id}`).toString("base64url") : null,
  };
}

const FORM = /^(\d{1,15})\.([a-z]+_[0-9a-z]+)$/;

/** Null: the first page. Undefined: no cursor of ours. */
export function readCursor(cursor: string | undefined): Position | null | undefined {
  if (cursor === undefined) return null;
  const match = FORM.exec(Buffer.from(cursor, "base64url").toString("latin1"));
  return match === null ? undefined : { created: Number(match[1]), id: match[2] ?? "" };
}
