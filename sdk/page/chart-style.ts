/** The look of charts, for the style of a page that has `pageStyle` too: it has the colours. */
export const chartStyle = `
.chart { display: block; max-width: 100%; height: auto; overflow: visible; }
.chart text { fill: var(--dim); font: 11px system-ui, sans-serif; }
.chart-axis { stroke: var(--line); stroke-width: 1; }
.chart-plain { fill: light-dark(#3b6ea8, #7db0e8); }
.chart-good { fill: var(--good); } .chart-bad { fill: var(--bad); } .chart-wait { fill: var(--wait); } .chart-dim { fill: var(--dim); }
.chart-line { fill: none; stroke: light-dark(#3b6ea8, #7db0e8); stroke-width: 1.5; stroke-linejoin: round; }
.chart-stroke { fill: none; stroke-width: 1.5; stroke-linejoin: round; stroke-linecap: round; }
.chart-stroke-plain { stroke: light-dark(#3b6ea8, #7db0e8); } .chart-stroke-good { stroke: var(--good); }
.chart-stroke-bad { stroke: var(--bad); } .chart-stroke-wait { stroke: var(--wait); } .chart-stroke-dim { stroke: var(--dim); }
.chart-dashed { stroke-dasharray: 4 3; }
.chart-limit { fill: none; stroke: var(--text); stroke-width: 1; stroke-dasharray: 1 3; stroke-linecap: round; }
.chart-gap { fill: var(--line); opacity: .55; }
.chart-legend { display: flex; flex-wrap: wrap; gap: 0 1rem; margin: .2rem 0 0; padding: 0; list-style: none; font-size: .8rem; color: var(--dim); }
.chart-mark { margin-right: .35rem; }
.chart a:hover rect, .chart a:focus-visible rect { stroke: var(--text); stroke-width: 1.5; }
.chart a:focus-visible { outline: none; }
.chart-empty { color: var(--dim); }
@media (forced-colors: active) { .chart rect, .chart path, .chart circle { forced-color-adjust: none; } }
`;
