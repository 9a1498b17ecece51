/**
 * A preload that shifts a process's wall clock, as on a machine whose clock is wrong:
 * `node --import=file:///…/shift-date.ts?ms=600000`.
 */
const shiftMs = Number(new URL(import.meta.url).searchParams.get('ms'));
const TrueDate = Date;

class ShiftedDate extends TrueDate {
  constructor(...args: readonly unknown[]) {
    if (args.length === 0) super(TrueDate.now() + shiftMs);
    else super(...(args as [number]));
  }

  static override now(): number {
    return TrueDate.now() + shiftMs;
  }
}

globalThis.Date = ShiftedDate as DateConstructor;

export {};
