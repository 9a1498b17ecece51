/** The look of pages, reports and the admin alike: no resource from outside, light or dark as the reader's system is, printable. */
export const pageStyle = `
:root { color-scheme: light dark; --text: light-dark(#1c2128, #e3e8ee); --dim: light-dark(#5b6673, #98a4b3);
  --page: light-dark(#f5f6f8, #14181d); --card: light-dark(#ffffff, #1c2229); --line: light-dark(#dde1e7, #313a45);
  --good: light-dark(#1a7f43, #4cc27a); --bad: light-dark(#c0271f, #ff7a70); --wait: light-dark(#8a6100, #e0b040);
  --bad-back: light-dark(#fdf0ef, #2e1c1c); --code: light-dark(#f0f2f5, #12161b); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .35rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
h3 { font-size: 1rem; margin: 0; font-weight: 600; }
h4 { font-size: .95rem; margin: 0 0 .4rem; font-weight: 600; }
p { margin: .25rem 0; }
a { color: inherit; }
.dim { color: var(--dim); }
.passed { color: var(--good); } .failed { color: var(--bad); } .other { color: var(--wait); }
.verdict { border: 1px solid var(--line); border-left: .4rem solid currentColor; border-radius: .5rem; background: var(--card);
  padding: 1.1rem 1.4rem; }
.verdict > * { color: var(--text); } .verdict h1 { color: inherit; } .verdict .dim { color: var(--dim); }
.check { border: 1px solid var(--line); border-radius: .5rem; background: var(--card); margin: .6rem 0; }
.check > summary { display: flex; gap: .6rem; align-items: baseline; padding: .6rem 1rem; cursor: pointer; list-style: none; }
.check > summary::-webkit-details-marker { display: none; }
.check > summary h3 { flex: 1; font-weight: 500; }
.check > summary .dim { white-space: nowrap; font-size: .87rem; }
.mark { font-weight: 700; width: 1.1rem; flex: none; }
.body { padding: 0 1rem .9rem 2.7rem; }
.run { border-top: 1px solid var(--line); padding: .8rem 0 .4rem; }
.failure { background: var(--bad-back); border-radius: .4rem; padding: .7rem .9rem; margin: 0 0 .8rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .6rem; margin-top: .5rem; }
dl { display: grid; grid-template-columns: minmax(8.5rem, max-content) minmax(0, 1fr); gap: .1rem .8rem; margin: 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
pre, code { font: .85rem/1.45 ui-monospace, monospace; }
code { overflow-wrap: anywhere; }
pre { background: var(--code); border-radius: .4rem; padding: .6rem .8rem; margin: .4rem 0; overflow-x: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: .1rem 0; } td, th { text-align: left; padding: .05rem 1.2rem .05rem 0; font-weight: 400; }
.run details { margin-top: .5rem; } .run details > summary { cursor: pointer; color: var(--dim); }
ul { margin: .4rem 0 0; padding-left: 1.2rem; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .3rem; } .body { padding-left: 1rem; } }
@media print { .check { break-inside: avoid; } body { background: none; } }
`;
