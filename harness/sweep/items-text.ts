/** Items, for people. */
import type { SeenEffect } from './gate.ts';

const shown = 3;

/** `item 3`, `items 1, 2, 3 and 4 more` */
export function listOf(keys: readonly string[]): string {
  const some = keys.slice(0, shown).join(', ');
  return `${keys.length === 1 ? 'item' : 'items'} ${some}${keys.length > shown ? ` and ${keys.length - shown} more` : ''}`;
}

/** ` for item 3`; nothing where an effect belongs to none. */
export function itemsOf({ items }: SeenEffect): string {
  return items.length === 0 ? '' : ` for ${listOf(items)}`;
}
