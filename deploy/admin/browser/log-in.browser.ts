import { expect } from 'chai';
import { describe } from 'mocha';
import { inBrowser, logIn } from './testing/in-browser.ts';

describe('logging in with a browser', () => {
  inBrowser('refuses a wrong token beside its field, and takes the right one', async ({ open, tokens }) => {
    const page = await open();
    await page.goto('/admin/login');
    const token = page.getByLabel('Token');
    await token.fill('stint_wrong');
    await token.press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await page.title()).to.equal('Error: log in · Stint');
    expect(await token.getAttribute('aria-invalid')).to.equal('true');
    expect(await token.inputValue()).to.equal('');
    expect(await page.locator('*:focus').getAttribute('id')).to.equal('token');
    await token.fill(tokens.read);
    await token.press('Enter');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    expect(await page.getByRole('banner').textContent())
      .to.include('reader')
      .and.include('read');
  });

  inBrowser('goes on to where one wanted to go', async ({ open, tokens }) => {
    const page = await open();
    await page.goto('/admin/runs?status=failed&job=watch');
    expect(new URL(page.url()).pathname).to.equal('/admin/login');
    await page.getByLabel('Token').fill(tokens.read);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    expect(page.url()).to.match(/\/admin\/runs\?status=failed&job=watch$/);
    expect(await page.getByLabel('Status').inputValue()).to.equal('failed');
  });

  inBrowser('keeps the session from scripts and from other sites, and ends it at the log-out', async ({ open }) => {
    const page = await open({ as: 'admin' });
    const cookies = await page.context().cookies();
    expect(cookies).to.have.length(2);
    for (const cookie of cookies) expect(cookie).to.include({ httpOnly: true, sameSite: 'Strict', path: '/admin' });
    expect(await page.evaluate('document.cookie')).to.equal('');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    expect(await page.context().cookies()).to.deep.equal([]);
    await page.goBack();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
  });

  inBrowser('asks again when the session is over, for a page as for a form', async ({ open, tokens, ledger }) => {
    const page = await open({ as: 'trigger' });
    await page.goto('/admin/jobs/call');
    await page.context().clearCookies();
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    expect(await ledger.runs()).to.deep.equal([]);
    await logIn(page, tokens.trigger);
    await page.context().clearCookies();
    await page.getByRole('link', { name: 'Runs' }).click();
    await page.getByLabel('Token').fill(tokens.trigger);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
  });

  inBrowser('shows what is not there as a page with a way on', async ({ open }) => {
    const page = await open({ as: 'read' });
    for (const path of ['/admin/runs/01M856K8D0KCDFSK7YZY5V9Q4M', '/admin/jobs/none', '/admin/nothing/here']) {
      expect((await page.goto(path))?.status()).to.equal(404);
      await page.getByRole('link', { name: 'All jobs' }).click();
      await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    }
  });
});
