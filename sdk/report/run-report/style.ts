/** The look of a report, for a page that has `pageStyle` and `chartStyle` too. */
export const reportStyle = `
main { max-width: 78rem; }
h2 { margin: 2rem 0 .5rem; } h3 { margin: 1rem 0 .3rem; }
.verdict .finding { display: flex; gap: .4rem; margin: .35rem 0; overflow-wrap: anywhere; }
.verdict .finding .mark { color: var(--dim); } .verdict .bad .mark { color: var(--bad); } .verdict .wait .mark { color: var(--wait); }
.verdict h1 { overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .7rem; margin: 1rem 0 0; }
.figures > div { border: 1px solid var(--line); border-radius: .5rem; background: var(--card); padding: .6rem .9rem; }
.figures dt { margin: 0; font-size: .87rem; } .figures dd { font-size: 1.5rem; overflow-wrap: normal; line-height: 1.3; font-variant-numeric: tabular-nums; }
.figures dd.dim { font-size: .8rem; line-height: 1.4; }
.course { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: .9rem; margin: .6rem 0; }
.course figure { margin: 0; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); padding: .7rem .9rem; break-inside: avoid; }
.course figcaption { font-weight: 600; font-size: .9rem; margin-bottom: .4rem; }
.course .chart { width: 100%; }
.timeline { width: 100%; } .timeline .inside { fill: var(--card); font-weight: 700; }
.scrolled { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; background: var(--card); margin: .5rem 0; }
.rows { width: 100%; margin: 0; }
.rows th, .rows td { padding: .35rem .9rem; vertical-align: top; border-top: 1px solid var(--line); white-space: nowrap; }
.rows thead th { border-top: 0; color: var(--dim); font-size: .87rem; }
.rows .figure { text-align: right; font-variant-numeric: tabular-nums; }
.rows .wide { width: 100%; min-width: 14rem; white-space: normal; overflow-wrap: anywhere; }
.share { vertical-align: middle; border-radius: 2px; } .shared { display: inline-block; min-width: 3.6rem; }
.item { border: 1px solid var(--line); border-radius: .5rem; background: var(--card); padding: .6rem .9rem; margin: .5rem 0; break-inside: avoid; }
.item .key { font-weight: 700; } .long { overflow-wrap: anywhere; }
.tag { border: 1px solid currentColor; border-radius: .3rem; padding: 0 .35rem; font-size: .8rem; color: var(--wait); }
details > summary { cursor: pointer; color: var(--dim); }
.exchange { border-top: 1px solid var(--line); padding: .5rem 0; }
.summary { margin-top: 2rem; }
@media (max-width: 40rem) { main { padding: 1rem .8rem 3rem; } .figures { grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); }
  .rows th, .rows td { padding: .35rem .5rem; } .rows .wide { min-width: 8rem; } .share { width: 3rem; } .figures dd { font-size: 1.3rem; }
  .timeline text { font-size: 20px; } .timeline .inside { font-size: 16px; } }
@media print { :root { color-scheme: light; } main { max-width: none; padding: 0; } .scrolled { overflow: visible; }
  .course { grid-template-columns: 1fr 1fr; } .rows td, .rows th { white-space: normal; } }
`;
