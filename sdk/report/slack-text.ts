/**
 * Text of others in Slack's mrkdwn.
 *
 * Guarantees: whatever the text, it is shown as it is: nobody is called (`@channel`, `<!here>`), no link is made and nothing
 * is set in another type. Lengths are counted as Slack counts them, after escaping; no character is cut in two.
 * Does not guarantee that it can be copied back: backquotes become apostrophes, line breaks spaces.
 */

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
// In code nobody is called. This holds where a client thinks otherwise.
const calls = /@(?=channel|here|everyone|group)/gi;
const zeroWidth = '\u200b';
const invisible = /[\p{Cc}\p{Cf}\u2028\u2029\s]+/gu;

/** As code, in which Slack reads no mark-up; '' for nothing. `longest` counts all of it, at least 3. */
export function slackCode(text: string, longest: number): string {
  // A backquote would end the code.
  const harmless = plainLine(text).replaceAll('`', "'").replace(calls, `@${zeroWidth}`);
  const escaped = cutTo(harmless, longest - 2, (character) => entities[character] ?? character);
  return escaped === '' ? '' : `\`${escaped}\``;
}

/** For a `plain_text` object, in which nothing is read but `:emoji:`, and only where it is asked for. */
export function slackPlain(text: string, longest: number): string {
  return cutTo(plainLine(text), longest, (character) => character);
}

/** `<https://…|label>`; undefined for what is no address of the web. `label` is ours. */
export function slackLink(url: string, label: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  if ((protocol !== 'https:' && protocol !== 'http:') || href.length > longestUrl) return undefined;
  const encoded = href.replace(/[|<>`]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  return `<${encoded.replaceAll('&', '&amp;')}|${label}>`;
}

const longestUrl = 700;

function plainLine(text: string): string {
  return text.toWellFormed().replace(invisible, ' ').trim();
}

function cutTo(text: string, longest: number, encode: (character: string) => string): string {
  let cut = '';
  let whole = '';
  for (const character of text) {
    whole += encode(character);
    if (whole.length > longest) return `${cut}…`;
    if (whole.length < longest) cut = whole;
  }
  return whole;
}
