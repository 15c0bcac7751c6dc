export interface Audit {
  accepted: number;
  /** Answered as succeeded, and missing, unfinished or without its events in a store. */
  lost: number;
  /** In a store twice, or charged twice, or there without ever having been answered. */
  doubled: number;
  /** Bytes a payment. */
  bytes: { shard: number; readModel: number; events: number };
}

export interface SyncFigures {
  /** Flushes a create under 16 connections, alone, and a replay. */
  crowd: number;
  alone: number;
  replay: number;
}

export interface ExactFigures {
  /** Null where this machine cannot trace. */
  instant: SyncFigures | null;
  /** The sandbox's own books on the same disk included. */
  sandbox: SyncFigures | null;
  audits: { instant: Audit; sandbox: Audit };
  page: { rows: number; limit: number; rowsRead: number };
  /** KiB */
  bundle: { minified: number; gzipped: number };
}
