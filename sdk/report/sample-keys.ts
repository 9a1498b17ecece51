/** A share of keys, the same ones each time: a hash of the run's id and the key decides. */

export type KeySampler = (key: string) => boolean;

/** `share`: 0 none, 1 all. */
export function sampleKeys(runId: string, share: number): KeySampler {
  const seed = mixIn(offset, runId);
  return (key) => finish(mixIn(seed, key)) < share * 2 ** 32;
}

// FNV-1a, by UTF-16 code units.
const offset = 0x811c9dc5;

function mixIn(hash: number, text: string): number {
  let mixed = hash;
  for (let index = 0; index < text.length; index++) mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193);
  return mixed;
}

// The end of MurmurHash3: without it keys that differ in their last digit alone would be chosen together.
function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
