export function formatNumber(value: number): string;
export function formatCount(count: number, one: string, many?: string): string;
export function formatMs(ms: number): string;
export function formatUtc(iso: string): string;
export function formatNear(time: number, now: number, timeZone?: string): string;
export function formatZoned(time: number, timeZone?: string): string;
