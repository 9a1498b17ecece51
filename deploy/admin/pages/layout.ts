/**
 * What every page of the admin has around it: head, navigation, who is logged in, the place where the script speaks.
 *
 * Guarantees: no script, style or handler stands in the page itself, so that its content security policy can forbid them.
 */

import { html, type Markup } from '@stint/sdk';
import type { Caller } from '../admin-service.ts';
import { csrfField } from './csrf-field.ts';
import { paths } from './paths.ts';

export type Section = 'jobs' | 'runs' | 'audit';

/** What a page needs to know about whoever looks at it. */
export interface Visitor {
  readonly caller: Caller | undefined;
  readonly csrf: string | undefined;
}

export interface PageParts extends Visitor {
  readonly title: string;
  readonly main: Markup;
  /** The part of the admin that it belongs to. @default none */
  readonly section?: Section | undefined;
  /** What was just done, told on top. @default nothing */
  readonly notice?: string | undefined;
}

export function page({ title, caller, csrf, main, section, notice }: PageParts): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Stint</title>
<link rel="icon" href="${paths.asset('icon.svg')}" type="image/svg+xml">
${['admin.css', 'blocks.css', 'controls.css', 'figures.css'].map((sheet) => html`<link rel="stylesheet" href="${paths.asset(sheet)}">\n`)}
<script type="module" src="${paths.asset('admin.js')}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="${paths.jobs}">Stint</a>
${caller !== undefined && navigation(caller, section)}
${caller !== undefined && whoIs(caller, csrf)}
</header>
<main id="main" tabindex="-1">
${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}
${main}
</main>
${
  caller !== undefined &&
  html`<footer class="bottom"><p><span data-zone>Times are in UTC.</span>
<button type="button" class="plain" id="zone-switch" data-zone-switch hidden>Show UTC</button></p></footer>`
}
<div id="said" class="unseen" role="status" aria-live="polite"></div>
</body>
</html>
`.html;
}

function navigation(caller: Caller, current: Section | undefined): Markup {
  const sections: readonly (readonly [Section, string, string])[] = [
    ['jobs', 'Jobs', paths.jobs],
    ['runs', 'Runs', paths.runs],
    ...(caller.role === 'admin' ? [['audit', 'Audit', paths.audit] as const] : []),
  ];
  return html`<nav class="sections" aria-label="Main"><ul>${sections.map(
    ([section, label, href]) =>
      html`<li><a class="section" href="${href}"${section === current && html` aria-current="page"`}>${label}</a></li>`,
  )}</ul></nav>`;
}

function whoIs({ name, role }: Caller, csrf: string | undefined): Markup {
  return html`<div class="who"><span><span class="unseen">Logged in as </span><b>${name}</b> <span class="dim">${role}</span></span>
<form method="post" action="${paths.logout}">${csrfField(csrf)}<button type="submit" class="plain">Log out</button></form></div>`;
}
