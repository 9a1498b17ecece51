import { expect } from 'chai';
import { describe } from 'mocha';
import type { Page } from 'playwright-core';
import { inBrowser } from './testing/in-browser.ts';

/** Marks the document, so that a reload would show. */
const mark = (page: Page) => page.evaluate('window.isTheSame = true');
const isTheSame = (page: Page) => page.evaluate('window.isTheSame === true');
const figure = (page: Page, place: string) => page.locator(`[data-place=${place}]`);
const shows = (page: Page, place: string, text: string | RegExp) =>
  figure(page, place).filter({ hasText: text }).first().waitFor();
const badge = (page: Page, text: string) => page.locator('h1 .badge', { hasText: text }).waitFor();
/** The page is as it is when the run has ended. */
const ended = async (page: Page, status: string) => {
  await badge(page, status);
  await page.locator('#live').waitFor({ state: 'detached' });
};
const focused = (page: Page) => page.locator('*:focus').getAttribute('id');

describe('the page of a run that goes on', () => {
  inBrowser('moves with the run, and shows its end, without a reload', async ({ open, begin, gate }) => {
    const runId = await begin('watch');
    const page = await open({ as: 'trigger' });
    await page.goto(`/admin/runs/${runId}`);
    await mark(page);
    await badge(page, 'running');
    await shows(page, 'inFlight', '3');
    const bar = page.getByRole('progressbar');
    const sign = page.locator('#last-sign time');
    const [firstSign, ran] = [await sign.getAttribute('datetime'), (await figure(page, 'ran').textContent()) ?? ''];
    await figure(page, 'ran').filter({ hasNotText: ran }).waitFor();
    expect(await sign.getAttribute('datetime')).to.not.equal(firstSign);
    for (const settled of [4, 10, 13]) {
      gate.letGo(settled - Number(await bar.getAttribute('value')));
      await shows(page, 'headline', `${settled * 5} %: ${settled} of about 20 items settled`);
      expect(await bar.getAttribute('value')).to.equal(String(settled));
      expect(await bar.getAttribute('max')).to.equal('20');
    }
    expect(await figure(page, 'succeeded').textContent()).to.equal('10');
    expect(await figure(page, 'skipped').textContent()).to.equal('3');
    expect(await figure(page, 'rate').textContent()).to.match(/a second$/);
    gate.letGo();
    await ended(page, 'succeeded');
    await page.getByRole('heading', { name: 'Items', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Cancel run…' }).count()).to.equal(0);
    expect(await page.title()).to.equal('watch, succeeded · Stint');
    expect(await page.locator('#said').textContent()).to.equal('The run has ended: succeeded');
    expect(await isTheSame(page)).to.equal(true);
    const [time] = await page.locator('main time').all();
    expect(await time?.textContent(), 'times of the new content').to.equal('just now');
  });

  inBrowser('keeps the focus and what was opened when the run ends', async ({ open, interrupt, post, gate }) => {
    const runId = await interrupt(6);
    await post(`/admin/runs/${runId}/resume`, undefined, { headers: { prefer: 'respond-async' } });
    const page = await open({ as: 'trigger' });
    await page.goto(`/admin/runs/${runId}`);
    await badge(page, 'running');
    await page.getByText('Summary as JSON').click();
    const link = page.getByRole('link', { name: 'Start another like it' });
    await link.focus();
    gate.letGo();
    await ended(page, 'succeeded');
    expect(await link.evaluate((element) => element.matches(':focus'))).to.equal(true);
    expect(await page.locator('#summary-json').getAttribute('open')).to.equal('');
  });

  inBrowser('leaves the focus in the content when what had it is gone', async ({ open, begin, gate }) => {
    const runId = await begin('watch');
    const page = await open({ as: 'trigger' });
    await page.goto(`/admin/runs/${runId}`);
    await page.getByRole('button', { name: 'Cancel run…' }).focus();
    await badge(page, 'running');
    gate.letGo();
    await ended(page, 'succeeded');
    expect(await focused(page)).to.equal('main');
  });

  inBrowser('leaves the focus where it is outside of the content', async ({ open, begin, gate }) => {
    const runId = await begin('watch');
    const page = await open({ as: 'trigger', timezoneId: 'Asia/Tokyo' });
    await page.goto(`/admin/runs/${runId}`);
    await page.getByRole('button', { name: 'Show UTC' }).focus();
    gate.letGo();
    await ended(page, 'succeeded');
    expect(await focused(page)).to.equal('zone-switch');
    const [time] = await page.locator('main time').all();
    expect(await time?.getAttribute('title')).to.match(/GMT\+9 = .* UTC$/);
  });

  inBrowser('says so when the end cannot be shown, as the session is over', async ({ open, begin, gate }) => {
    const runId = await begin('watch');
    const page = await open({ as: 'trigger' });
    await page.goto(`/admin/runs/${runId}`);
    await shows(page, 'inFlight', '3');
    await page.context().clearCookies();
    gate.letGo();
    await page.getByText('The run has ended. Load the page again to see how.').waitFor();
    await badge(page, 'succeeded');
    expect(await page.getByLabel('Token').count(), 'a form of another page').to.equal(0);
  });

  inBrowser('is told to all who watch', async ({ open, begin, gate }) => {
    const runId = await begin('watch');
    const pages = [await open({ as: 'read' }), await open({ as: 'admin' }), await open({ as: 'trigger' })];
    for (const page of pages) await page.goto(`/admin/runs/${runId}`);
    gate.letGo(8);
    for (const page of pages) await shows(page, 'headline', '40 %: 8 of about 20');
    gate.letGo();
    for (const page of pages) await ended(page, 'succeeded');
  });
});

describe('cancelling a run', () => {
  inBrowser('asks first, by keyboard alone, and gives the focus back', async ({ open, begin, ledger, gate }) => {
    const runId = await begin('watch');
    const page = await open({ as: 'trigger' });
    await page.goto(`/admin/runs/${runId}`);
    await mark(page);
    const button = page.getByRole('button', { name: 'Cancel run…' });
    const dialog = page.getByRole('dialog', { name: 'Cancel this run?' });
    await button.focus();
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    expect(await dialog.getAttribute('aria-describedby')).to.equal('cancel-told');
    expect(await focused(page), 'the harmless answer').to.equal('cancel-no');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await focused(page)).to.equal('cancel');

    await page.keyboard.press('Space');
    await dialog.waitFor();
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    expect(await focused(page)).to.equal('cancel');
    expect((await ledger.run(runId))?.status).to.equal('running');
    // It went on all the time.
    gate.letGo(5);
    await shows(page, 'headline', '25 %: 5 of about 20');

    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await page.keyboard.press('Shift+Tab');
    expect(await focused(page)).to.equal('cancel-yes');
    expect(await isTheSame(page)).to.equal(true);
    await page.keyboard.press('Enter');
    await ended(page, 'cancelled');
    await page.getByText('Cancelled by', { exact: true }).waitFor();
    expect(await ledger.run(runId)).to.include({ status: 'cancelled', cancelledBy: 'qa' });
    expect(await page.locator('dialog, .problems').count(), 'no question, and no alarm').to.equal(0);
  });

  inBrowser('tells why it cannot be, when the run has ended meanwhile', async ({ open, begin, gate, get }) => {
    const runId = await begin('watch');
    // Without a script it is not seen that it ends.
    const page = await open({ as: 'trigger', javaScriptEnabled: false });
    await page.goto(`/admin/runs/${runId}/cancel`);
    gate.letGo();
    await get(`/admin/runs/${runId}/events`);
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await page.getByText('succeeded already').waitFor();
    await page.getByRole('link', { name: `Show run ${runId}` }).click();
    await badge(page, 'succeeded');
  });
});

describe('resuming a run', () => {
  inBrowser('goes on with it after the question, and shows both attempts', async (stand) => {
    const runId = await stand.interrupt(6);
    const page = await stand.open({ as: 'trigger' });
    await page.goto(`/admin/runs/${runId}`);
    await badge(page, 'interrupted');
    expect(await figure(page, 'source').textContent()).to.match(/^As its last checkpoint has it/);
    await page.getByRole('button', { name: 'Resume run…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Resume this run?' });
    await dialog.getByRole('button', { name: 'Leave it' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Resume run…' }).click();
    await dialog.getByRole('button', { name: 'Resume run', exact: true }).click();
    await badge(page, 'running');
    expect(new URL(page.url()).pathname).to.equal(`/admin/runs/${runId}`);
    stand.gate.letGo();
    await ended(page, 'succeeded');
    const rows = page.getByRole('table', { name: 'Attempts' }).getByRole('row');
    expect(await rows.count()).to.equal(3);
    expect(await rows.nth(1).textContent())
      .to.include('interrupted')
      .and.include('the task was replaced');
    expect((await stand.ledger.run(runId))?.attempt).to.equal(2);
  });
});
