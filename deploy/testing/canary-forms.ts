/** The forms in which a text may get somewhere, made without what the SDK uses to find them. */

/** What to look for, by the name of the form. */
export function formsOf(text: string): Readonly<Record<string, readonly string[]>> {
  const percent = encodeURIComponent(text);
  const json = JSON.stringify(text).slice(1, -1);
  const hex = Buffer.from(text).toString('hex');
  return {
    plain: [text],
    percent: [
      percent,
      percent.toLowerCase(),
      encodeURIComponent(percent),
      new URLSearchParams({ text }).toString().slice(5),
    ],
    json: [json, JSON.stringify(json).slice(1, -1)],
    html: [escapeHtml(text), escapeHtml(json)],
    base64: ['base64', 'base64url'].flatMap((encoding) => base64Of(text, encoding as 'base64' | 'base64url')),
    hex: [hex, hex.toUpperCase()],
  };
}

function escapeHtml(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped.replaceAll('"', '&quot;');
}

// What of it does not depend on what stands before and after it.
function base64Of(text: string, encoding: 'base64' | 'base64url'): readonly string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from(`${'x'.repeat(before)}${text}`).toString(encoding);
    return encoded.slice(before === 0 ? 0 : before + 1, -4);
  });
}

/** Where one of the texts is in an output, with what stands around it; none: it is clean. */
export function leaksIn(output: string, secrets: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    Object.entries(formsOf(secret)).flatMap(([form, texts]) => {
      const at = Math.max(...texts.map((text) => output.indexOf(text)));
      return at < 0 ? [] : [`${name} (${form}): …${output.slice(Math.max(0, at - 80), at + 60)}…`];
    }),
  );
}
