/**
 * A page that is held to what must hold for every page, whatever the test looks at: no script fails, nothing breaks the content security
 * policy, no dialog of the browser opens, and no other host is asked for anything.
 */
import type { BrowserContext, Page } from 'playwright-core';

/** What was seen so far that must not be. Empty: all is well. */
export interface Watched {
  problems(): readonly string[];
}

export function watchContext(context: BrowserContext, origin: string): Watched {
  const seen: { readonly text: string; readonly address: string }[] = [];
  /** Answers to a person that are refusals: the browser logs each as an error. */
  const refused = new Set<string>();
  const see = (text: string, address = '') => seen.push({ text, address });

  context.on('weberror', (error) => see(`error in a script: ${error.error().message}`));
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      see(`console ${message.type()}: ${message.text()}`, message.location().url);
  });
  context.on('response', (response) => {
    if (response.status() >= 400 && response.request().isNavigationRequest()) refused.add(response.url());
  });
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin !== origin && url.protocol !== 'data:') see(`a request to another host: ${url.origin}`);
  });
  context.on('page', (page: Page) => {
    page.on('dialog', (dialog) => {
      see(`a dialog of the browser: ${dialog.type()} ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('crash', () => see('the page crashed'));
  });
  return {
    problems: () =>
      seen
        .filter(({ text, address }) => !(text.includes('Failed to load resource') && refused.has(address)))
        .map(({ text, address }) => (address === '' ? text : `${text} (${address})`)),
  };
}
