/** Attempts side by side on the time axis. */
import { html, type Markup } from '../../page/markup.ts';
import type { AttemptSpan } from './attempt-spans.ts';
import type { TimeAxis } from './time-axis.ts';
import { formatMs } from './words.ts';

const size = { width: 760, height: 46, top: 4, bar: 22 };
// Room for its number, where there are few.
const numberWidth = 14;
const leastWidth = 3;
const mostNumbers = 20;

export function timeline(spans: readonly AttemptSpan[], { axis, xOf }: TimeAxis): Markup {
  const length = axis.to - axis.from;
  const at = (x: number) => Math.round((length > 0 ? (x - axis.from) / length : 0) * size.width * 10) / 10;
  const least = spans.length > mostNumbers ? leastWidth : numberWidth;
  const place = (fromX: number, toX: number) => {
    const width = Math.max(least, at(toX) - at(fromX));
    return { x: Math.min(at(fromX), size.width - width), width };
  };
  const said = spans.map((span) => `${span.attempt} ${textOf(span)}`).join('; ');
  return html`<svg class="chart timeline" role="img" aria-label="Attempts: ${said}; ${axis.said}" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" xmlns="http://www.w3.org/2000/svg"><title>Attempts</title>
${(axis.gaps ?? []).map((gap) => {
  const { x, width } = place(gap.from, gap.to);
  return html`<rect class="chart-gap" x="${x}" y="${size.top}" width="${width}" height="${size.bar}"><title>${gap.label}</title></rect>`;
})}
${spans.map((span) => {
  const { x, width } = place(xOf(span.fromMs), xOf(span.toMs));
  return html`<rect class="chart-${span.tone}" x="${x}" y="${size.top}" width="${width}" height="${size.bar}"><title>attempt ${span.attempt}: ${textOf(span)}</title></rect>${
    width >= numberWidth &&
    html`<text class="inside" x="${Math.round(x + width / 2)}" y="${size.top + size.bar / 2 + 4}" text-anchor="middle" aria-hidden="true">${span.attempt}</text>`
  }`;
})}
<g aria-hidden="true">${endTicks(axis)}</g></svg>`;
}

function textOf({ ending, fromMs, toMs }: AttemptSpan): string {
  if (ending === 'died' && toMs === fromMs) return 'died, nobody knows when';
  return `${ending} after ${formatMs(toMs - fromMs)}`;
}

function endTicks({ ticks }: TimeAxis['axis']): readonly Markup[] {
  const [first, last] = [ticks[0], ticks.at(-1)];
  return [
    ...(first === undefined ? [] : [html`<text x="0" y="${size.height - 4}">${first.label}</text>`]),
    ...(last === undefined || last === first
      ? []
      : [html`<text x="${size.width}" y="${size.height - 4}" text-anchor="end">${last.label}</text>`]),
  ];
}
