/** The look of a map of points, on top of the house's. */
export const mapStyle = `
.map { width: 100%; } .map th { font: .85rem/1.4 ui-monospace, monospace; vertical-align: top; width: 55%; overflow-wrap: anywhere; padding: .15rem .8rem .15rem 0; }
.map td { padding: .15rem 0; line-height: 0; } .map tr + tr > * { border-top: 1px solid var(--line); }
.cell { display: inline-block; width: 1rem; height: 1rem; margin: .1rem; border-radius: .2rem; vertical-align: top; }
.cell.good { background: var(--good); } .cell.none { background: var(--line); }
.cell.bad { background: var(--bad); color: var(--card); font: 700 .75rem/1rem system-ui, sans-serif; text-align: center; text-decoration: none; }
.cell.bad:focus-visible { outline: .15rem solid var(--text); outline-offset: .1rem; }
.story { padding: .8rem 1rem; } .story:target { outline: .15rem solid var(--bad); } .story h3 { margin-bottom: .4rem; }
@media (max-width: 40rem) { .map th, .map td { display: block; width: auto; } }
`;
