/** What is waited for at this moment, as one line that moves. */
import type { Waiting } from '../stack/waiting.ts';
import { formatMs } from './format.ts';

const frames = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'];
const frameMs = 100;

interface Wait {
  readonly what: string;
  readonly sinceMs: number;
  detail: string;
}

export class Waits {
  readonly #waits = new Set<Wait>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get isEmpty(): boolean {
    return this.#waits.size === 0;
  }

  begin(what: string): Waiting {
    const wait: Wait = { what, sinceMs: performance.now(), detail: '' };
    this.#waits.add(wait);
    this.#onChange();
    return {
      tell: (detail) => {
        wait.detail = detail;
      },
      [Symbol.dispose]: () => {
        if (this.#waits.delete(wait)) this.#onChange();
      },
    };
  }

  /** Each with how far it is and for how long it was waited; the oldest first. */
  texts(): readonly string[] {
    const nowMs = performance.now();
    return [...this.#waits].map(({ what, sinceMs, detail }) => {
      const seconds = Math.floor((nowMs - sinceMs) / 1_000);
      return [what, detail, ...(seconds === 0 ? [] : [formatMs(seconds * 1_000)])].filter(Boolean).join('  ');
    });
  }

  text(columns: number): string {
    const frame = frames[Math.floor(performance.now() / frameMs) % frames.length] ?? '';
    return fit(`${frame} ${this.texts().join(', ')}`, columns);
  }
}

function fit(text: string, columns: number): string {
  if (text.length <= columns) return text;
  return columns < 1 ? '' : `${text.slice(0, columns - 1)}…`;
}
