/** What axe-core finds in a page. The context needs `bypassCSP`: the policy forbids its script, as it should. */
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

export interface Finding {
  /** Name of the page. */
  readonly where: string;
  readonly rule: string;
  readonly impact: string;
  readonly help: string;
  /** Selectors of the first few elements. */
  readonly at: readonly string[];
}

interface AxeResult {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}

const file = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const shownNodes = 5;

export async function findWithAxe(page: Page, where: string): Promise<readonly Finding[]> {
  await page.addScriptTag({ path: file });
  const violations = await page.evaluate<readonly AxeResult[]>('axe.run().then(({ violations }) => violations)');
  return violations.map(({ id, impact, help, nodes }) => ({
    where,
    rule: id,
    impact: impact ?? 'none',
    help,
    at: nodes.slice(0, shownNodes).map(({ target }) => target.join(' ')),
  }));
}

const grave: ReadonlySet<string> = new Set(['serious', 'critical']);

/** Lists all of them in the output of the tests. @returns those of impact serious or critical */
export function tellFindings(found: readonly Finding[]): readonly string[] {
  const textOf = ({ impact, rule, help, at }: Finding) => `${impact} ${rule}: ${help} (${at.join(', ')})`;
  for (const [text, { length }] of Map.groupBy(found, textOf)) console.log(`      axe: ${text}, ${length} times`);
  return found.filter(({ impact }) => grave.has(impact)).map((finding) => `${finding.where}: ${textOf(finding)}`);
}
