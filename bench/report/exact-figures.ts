export interface Audit {
  accepted: number;
  /** Answered as succeeded, and missing, unfinished or without its events in a store. */
  lost: number;
  /** In a store twice, or charged twice, or there without ever having been answered. */
  doubled: number;
  /** Bytes a payment. */
  bytes: { shard: number; readModel: number; events: number };
}

/** Flushes an answer. */
export interface SyncRate {
  all: number;
  /** Batches that the read model took, an answer. */
  batches: number;
}

export interface SyncFigures {
  /** A create under 16 connections, a create alone, and a replay. */
  crowd: SyncRate;
  alone: SyncRate;
  replay: SyncRate;
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
