/**
 * What Fargate costs on Linux, in US dollars without tax.
 *
 * Read on `readOn` from public notes that quote AWS's price list, not from the list itself. Fargate's prices have not changed since 2019, yet
 * nothing here guarantees that they are still so; a region that is not listed has no price, and none is guessed.
 */
export interface Prices {
  /** An hour of a vCPU, and of a GB of memory. */
  readonly x64: { readonly cpu: number; readonly memory: number };
  readonly arm64: { readonly cpu: number; readonly memory: number };
  /** An hour of a GB of disk, above what is included. */
  readonly disk: number;
}

export const readOn = '2026-11-29';
export const priceSource = 'https://aws.amazon.com/fargate/pricing/';

const base: Prices = {
  x64: { cpu: 0.04048, memory: 0.004445 },
  arm64: { cpu: 0.03238, memory: 0.00356 },
  disk: 0.000111,
};
const dearer: Prices = {
  x64: { cpu: 0.04656, memory: 0.00511 },
  arm64: { cpu: 0.03725, memory: 0.00409 },
  disk: 0.000129,
};

export const priceTable: ReadonlyMap<string, Prices> = new Map([
  ['us-east-1', base],
  ['us-east-2', base],
  ['us-west-2', base],
  ['eu-west-1', base],
  ['eu-west-2', dearer],
  // Its disk was not found: it is taken to cost what London's does, as all else there.
  ['eu-central-1', dearer],
]);

/** Of the full price, about: it moves with what is spare. */
export const spotShare = 0.3;
/** An hour of a public address, in all regions. */
export const publicAddress = 0.005;
/** Of disk, that each task has without a charge. */
export const includedDiskGb = 20;
export const leastBilledMs = 60_000;
