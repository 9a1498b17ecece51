/** Who did what. */

import { html } from '@stint/sdk';
import type { ListPage } from '../admin-service.ts';
import type { AuditView } from '../schemas.ts';
import { page, type Visitor } from './layout.ts';
import { olderLink } from './pager.ts';
import { paths } from './paths.ts';
import { table } from './table.ts';
import { time } from './words.ts';

export interface AuditParts extends Visitor {
  readonly audit: ListPage<AuditView>;
}

export function auditPage({ audit, caller, csrf }: AuditParts): string {
  const rows = audit.items.map(({ at, by, action, job, runId, detail }) => [
    time(at),
    html`<b>${by}</b>`,
    action,
    job === null ? '–' : html`<a href="${paths.job(job)}">${job}</a>`,
    runId === null ? '–' : html`<a class="id" href="${paths.run(runId)}">${runId}</a>`,
    detailCode(detail),
  ]);
  const columns = [
    { name: 'When' },
    { name: 'Who' },
    { name: 'Did' },
    { name: 'Job' },
    { name: 'Run' },
    { name: 'Detail' },
  ];
  const main = html`<h1>Audit</h1>
<p class="dim">Who started, resumed, redrove and cancelled what, here or by the API; the newest first.</p>
${rows.length === 0 ? html`<p class="empty">Nobody did anything yet.</p>` : table({ caption: 'Audit', columns, rows })}
${olderLink(audit.next === null ? undefined : paths.auditAfter(audit.next))}`;
  return page({ title: 'Audit', caller, csrf, section: 'audit', main });
}

function detailCode(detail: AuditView['detail']) {
  const text = JSON.stringify(detail);
  return text === 'null' || text === '{}' ? '–' : html`<code>${text}</code>`;
}
