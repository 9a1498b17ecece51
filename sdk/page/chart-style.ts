/** The look of charts, for the style of a page that has `pageStyle` too: it has the colours. */
export const chartStyle = `
.chart { display: block; max-width: 100%; height: auto; overflow: visible; }
.chart text { fill: var(--dim); font: 11px system-ui, sans-serif; }
.chart-axis { stroke: var(--line); stroke-width: 1; }
.chart-plain { fill: light-dark(#3b6ea8, #7db0e8); }
.chart-good { fill: var(--good); } .chart-bad { fill: var(--bad); } .chart-wait { fill: var(--wait); } .chart-dim { fill: var(--dim); }
.chart-line { fill: none; stroke: light-dark(#3b6ea8, #7db0e8); stroke-width: 1.5; stroke-linejoin: round; }
.chart a:hover rect, .chart a:focus-visible rect { stroke: var(--text); stroke-width: 1.5; }
.chart a:focus-visible { outline: none; }
.chart-empty { color: var(--dim); }
@media (forced-colors: active) { .chart rect, .chart path, .chart circle { forced-color-adjust: none; } }
`;
