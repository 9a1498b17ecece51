/** Log-in with a token. */

import { html } from '@stint/sdk';
import { csrfField } from './csrf-field.ts';
import { page } from './layout.ts';
import { paths } from './paths.ts';

export interface LoginParts {
  /** Where to go after it; checked by whoever takes the form. @default the jobs */
  readonly to?: string | undefined;
  /** Why the log-in before this one was refused. @default nothing */
  readonly error?: string | undefined;
  /** @default none */
  readonly csrf?: string | undefined;
}

export function loginPage({ to, error, csrf }: LoginParts): string {
  const main = html`<div class="narrow card">
<h1>Log in</h1>
<form method="post" action="${paths.login}">
${csrfField(csrf)}
${to !== undefined && html`<input type="hidden" name="to" value="${to}">`}
<div class="field">
<label for="token">Token</label>
${error !== undefined && html`<p class="error" id="token-error" role="alert">${error}</p>`}
<input type="password" id="token" name="token" required autocomplete="current-password" autofocus spellcheck="false"
 aria-describedby="${error !== undefined && 'token-error '}token-help"${error !== undefined && html` aria-invalid="true"`}>
<p class="help" id="token-help">The same as for the API. Whoever runs this admin gives it out: it keeps the name, the role and the
SHA-256 of each token in <code>STINT_ADMIN_TOKENS</code>, and prints one when it starts on demo data.</p>
</div>
<p class="actions"><button type="submit" class="primary">Log in</button></p>
</form>
</div>`;
  return page({ title: error === undefined ? 'Log in' : 'Error: log in', caller: undefined, csrf: undefined, main });
}
