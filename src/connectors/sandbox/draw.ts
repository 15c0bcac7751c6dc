/** Chance that can be computed again: the same seed, account and key always end the same way. */
import type { WireProfile } from "./wire.ts";

export type DrawPurpose = "error" | "timeout" | "executed" | "decline" | "duplicate";

/** In [0, 1). FNV-1a with a murmur3 finish, because the inputs differ in a few characters only. */
export function draw(profile: Pick<WireProfile, "seed">, shop: string, key: string, purpose: DrawPurpose): number {
  const text = `${profile.seed}|${shop}|${key}|${purpose}`;
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

export interface Fate {
  /** A definite error: nothing executed. */
  errs: boolean;
  /** No answer. */
  silent: boolean;
  /** Whether a silent one is executed all the same. */
  executes: boolean;
  declines: boolean;
}

const UNTROUBLED: Fate = { errs: false, silent: false, executes: true, declines: false };

export function drawFate(profile: WireProfile, shop: string, key: string): Fate {
  const { error_rate, timeout_rate, decline_rate } = profile;
  if (error_rate === 0 && timeout_rate === 0 && decline_rate === 0) return UNTROUBLED;
  const hits = (rate: number, purpose: DrawPurpose) => rate > 0 && draw(profile, shop, key, purpose) < rate;
  const silent = hits(timeout_rate, "timeout");
  return {
    errs: hits(error_rate, "error"),
    silent,
    executes: !silent || draw(profile, shop, key, "executed") < 0.5,
    declines: hits(decline_rate, "decline"),
  };
}
