/** A part of a whole as a bar, beside the figures that say it in words. */
import type { Tone } from '../../page/bar-chart.ts';
import { html, type Markup } from '../../page/markup.ts';

const width = 96;
const leastWidth = 1.5;

/** @param text what it says */
export function shareBar(part: number, whole: number, tone: Tone | 'plain', text: string): Markup {
  const share = whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
  const filled = part > 0 ? Math.max(leastWidth, Math.round(share * width * 10) / 10) : 0;
  return html`<svg class="share" viewBox="0 0 ${width} 8" width="${width}" height="8" preserveAspectRatio="none" aria-hidden="true"><rect class="chart-gap" width="${width}" height="8"/>${filled > 0 && html`<rect class="chart-${tone}" width="${filled}" height="8"/>`}</svg> <span class="shared">${text}</span>`;
}
