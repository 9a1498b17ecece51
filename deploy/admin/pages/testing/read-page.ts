/**
 * A page as a browser and a screen reader take it, as far as tests ask: its tags, what its forms would send, what is wrong with it.
 * Reads what our own templates write (attributes in double quotes), not any HTML.
 */

export interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Where it ends in the page. */
  readonly end: number;
}

const tagShape = /<([a-z][a-z0-9]*)((?:\s+[^\s=<>"/]+(?:="[^"]*")?)*)\s*\/?>/gi;

export function tagsOf(page: string): readonly Tag[] {
  return [...page.matchAll(tagShape)].map((match) => ({
    name: (match[1] ?? '').toLowerCase(),
    attributes: new Map(
      [...(match[2] ?? '').matchAll(/([^\s=<>"/]+)(?:="([^"]*)")?/g)].map(([, name = '', value = '']) => [
        name.toLowerCase(),
        plainOf(value),
      ]),
    ),
    end: match.index + match[0].length,
  }));
}

/** What a reader sees: text alone, spaces and lines as one space. */
export function textOf(page: string): string {
  const main = page.slice(page.indexOf('<main'), page.indexOf('</main>'));
  return plainOf(main.replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}

/** What is sent when the form with this id is, with nothing touched. */
export function fieldsOfForm(page: string, id: string): Record<string, string | string[]> {
  const from = page.indexOf('>', page.search(new RegExp(`<form[^>]* id="${id}"`)));
  const form = page.slice(from + 1, page.indexOf('</form>', from));
  const sent: [string, string][] = [];
  for (const tag of tagsOf(form)) {
    const name = tag.attributes.get('name');
    const value = name === undefined ? undefined : sentValue(tag, form);
    if (name !== undefined && value !== undefined) sent.push([name, value.replace(/\r\n|\r|\n/g, '\r\n')]);
  }
  const names = Map.groupBy(sent, ([name]) => name);
  return Object.fromEntries(
    [...names].map(([name, all]) => [name, all.length === 1 ? all[0]![1] : all.map(([, v]) => v)]),
  );
}

/** Each a sentence; none: fine. */
export function faultsOf(page: string): readonly string[] {
  const tags = tagsOf(page);
  const ids = tags.flatMap(({ attributes }) => attributes.get('id') ?? []);
  const known = new Set(ids);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `two elements have the id ${id}`);
  return [
    ...twice,
    ...tags.flatMap((tag) => [...forbidden(tag, page), ...dangling(tag, known), ...unnamed(tag, tags, page)]),
  ];
}

function forbidden({ name, attributes, end }: Tag, page: string): readonly string[] {
  const inline = [...attributes.keys()].filter((key) => key === 'style' || key.startsWith('on'));
  const isFilled = name === 'script' && !page.slice(end).startsWith('</script>');
  const isForeign = ['src', 'href', 'action'].some((key) => /^(?!https?:|\/|#)/.test(attributes.get(key) ?? '/'));
  return [
    ...inline.map((key) => `${name} has an inline ${key}`),
    ...(isFilled || name === 'style' ? [`there is an inline ${name}`] : []),
    ...(isForeign ? [`${name} leads to an address that is not one of the web`] : []),
  ];
}

function dangling({ name, attributes }: Tag, ids: ReadonlySet<string>): readonly string[] {
  const references = ['for', 'form', 'aria-labelledby', 'aria-describedby', 'data-dialog'];
  return references
    .flatMap((key) => (attributes.get(key) ?? '').split(' '))
    .filter((id) => id !== '' && !ids.has(id))
    .map((id) => `${name} refers to ${id}, which is not there`);
}

function unnamed({ name, attributes, end }: Tag, tags: readonly Tag[], page: string): readonly string[] {
  if (!['input', 'select', 'textarea'].includes(name) || attributes.get('type') === 'hidden') return [];
  const id = attributes.get('id');
  const isNamed =
    attributes.has('aria-label') ||
    tags.some((tag) => tag.name === 'label' && id !== undefined && tag.attributes.get('for') === id) ||
    page.lastIndexOf('<label', end) > page.lastIndexOf('</label>', end);
  return isNamed ? [] : [`${name} ${attributes.get('name')} has no label`];
}

function sentValue({ name, attributes, end }: Tag, form: string): string | undefined {
  const rest = form.slice(end);
  if (name === 'textarea') return plainOf(rest.slice(0, rest.indexOf('</textarea>'))).replace(/^\n/, '');
  if (name === 'select') {
    const options = tagsOf(rest.slice(0, rest.indexOf('</select>')));
    return (options.find((option) => option.attributes.has('selected')) ?? options[0])?.attributes.get('value');
  }
  if (name !== 'input') return undefined;
  if (attributes.get('type') === 'checkbox' && !attributes.has('checked')) return undefined;
  return attributes.get('value') ?? '';
}

function plainOf(text: string): string {
  const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => signs[name] ?? '');
}
