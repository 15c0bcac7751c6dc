/**
 * A number in [0, 1) from a text: the same text draws the same number for ever, everywhere, so that a decision can be
 * computed again. Two FNV-1a lanes, mixed by MurmurHash3's finaliser; 53 bits. Not for secrets.
 */
export function draw(seed: string): number {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let index = 0; index < seed.length; index++) {
    const code = seed.charCodeAt(index);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 15);
  }
  const high = mix(a ^ Math.imul(b, 0x27d4eb2f)) >>> 5;
  const low = mix(b ^ Math.imul(a, 0x165667b1)) >>> 6;
  return (high * 2 ** 26 + low) / 2 ** 53;
}

function mix(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
