import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { replayText } from '../cli/replay-text.ts';
import { loadCase } from '../fixture/index.ts';
import { refusalOf } from '../fixture/testing/refusal.ts';
import { repositoryRoot } from '../repository.ts';
import { testStack } from '../testing/test-stack.ts';
import { replayCase } from './replay-case.ts';

/** A copy of a case, to be changed. */
function setup(name: string) {
  const root = mkdtempSync(join(tmpdir(), 'stint-replay-'));
  const directory = join(root, name);
  cpSync(join(repositoryRoot, 'fixtures', name), directory, { recursive: true });
  const path = (file: string) => join(directory, file);
  const replay = async (options = {}) => {
    const result = await replayCase(await loadCase(directory), { stack: testStack(), ...options });
    return { ...result, text: replayText(result, (_style, text) => text) };
  };
  return {
    path,
    directory,
    replay,
    read: (file: string) => readFileSync(path(file), 'utf8'),
    /** @param text undefined: the file goes */
    write: (file: string, text: string | undefined) => {
      mkdirSync(dirname(path(file)), { recursive: true });
      if (text === undefined) rmSync(path(file));
      else writeFileSync(path(file), text);
    },
    change: (file: string, from: string | RegExp, to: string) => {
      const text = readFileSync(path(file), 'utf8');
      const changed = text.replace(from, to);
      expect(changed, `${file} has ${from}`).to.not.equal(text);
      writeFileSync(path(file), changed);
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

const cities = 'publish-cities/happy';

describe('replayCase', () => {
  it('tells which rows, items and calls are not as they were accepted', async () => {
    using copy = setup(cities);
    copy.change('expected/dynamodb/cities.jsonl', '"population":2750547', '"population":5');
    copy.change('expected/dynamodb/cities.jsonl', /^.*"name":"Mbale".*\n/m, '');
    copy.change('expected/postgres/city_publications.jsonl', /$/, '{"city_id":1,"hash":"x","published_at":null}\n');
    const { status, text, difference } = await copy.replay();
    expect(status).to.equal('different');
    expect(Object.keys(difference?.tables ?? {})).to.deep.equal(['postgres city_publications', 'dynamodb cities']);
    const lines = text.split('\n').slice(1);
    expect(lines.slice(0, 8)).to.deep.equal([
      '',
      '  postgres city_publications',
      '    - city_id 1, hash "x", published_at null',
      '',
      '  dynamodb cities',
      '    ~ 184745  population: expected 5, got 2750547',
      lines[6],
      '',
    ]);
    expect(lines[6]).to.match(/^ {4}\+ id 187113, adminCode "53", altName "", country "KE"/);
    expect(lines.slice(-2)).to.deep.equal([`  npx stint replay ${copy.directory} --update  accepts what came`, '']);
  });

  it('tells what of the summary differs, and that calls do', async () => {
    using copy = setup('poll-payment-status/nothing-to-do');
    copy.change('summary.json', '"read": 0', '"read": 7');
    copy.change('case.json', '"succeeded": 0', '"succeeded": 2');
    const { text } = await copy.replay();
    expect(text).to.include('    ~ items.succeeded: expected 2, got 0\n    ~ items.read: expected 7, got 0\n');
  });

  it('holds a table that nobody expected to change to what was loaded', async () => {
    using copy = setup(cities);
    rmSync(copy.path('expected/postgres/city_publications.jsonl'));
    const { text } = await copy.replay();
    expect(text).to.include('  postgres city_publications\n    + city_id 184745');
    expect(text).to.include('    … and 28 more');
  });

  it('accepts what came, and gives the same when it is replayed, though other times are in the rows', async () => {
    using copy = setup(cities);
    const files = ['summary.json', 'expected/dynamodb/cities.jsonl', 'expected/postgres/city_publications.jsonl'];
    const accepted = files.map(copy.read);
    rmSync(copy.path('expected'), { recursive: true });
    rmSync(copy.path('summary.json'));
    expect(await copy.replay()).to.include({ status: 'same', accepted: false });
    expect(await copy.replay({ update: true })).to.include({ status: 'updated', accepted: false });
    expect(files.map(copy.read)).to.deep.equal(accepted);
    expect(existsSync(copy.path('expected/postgres/cities.jsonl')), 'a table that stays as it is').to.equal(false);
    expect(await copy.replay()).to.include({ status: 'same', accepted: true });
    expect(await copy.replay({ update: true })).to.include({ status: 'same' });
  });

  it('does not look at columns that the case calls volatile', async () => {
    using copy = setup(cities);
    copy.change(
      'case.json',
      '"scope": {}',
      '"scope": {}, "volatile": { "city_publications": ["hash"], "cities": ["population"] }',
    );
    expect((await copy.replay({ update: true })).status).to.equal('updated');
    expect(copy.read('expected/postgres/city_publications.jsonl')).to.include('"hash":"<volatile>"');
    expect(copy.read('expected/dynamodb/cities.jsonl')).to.include('"population":"<volatile>"');
    copy.change('postgres/cities.jsonl', '"population":2750547', '"population":2750548');
    expect(await copy.replay()).to.include({ status: 'same' });
  });

  it('keeps number and hash of many rows, and tells when they are others', async () => {
    using copy = setup('poll-payment-status/demo');
    copy.change('fakes/payments.json', '"latencyMs": 20', '"latencyMs": 0');
    expect(JSON.parse(copy.read('expected/postgres/payments.json'))).to.have.all.keys('lines', 'sha256');
    copy.change('expected/postgres/payments.json', /"sha256": "...../, '"sha256": "00000');
    copy.change('expected/calls.json', /"lines": \d+/, '"lines": 5');
    copy.change('expected/calls.json', /"sha256": "...../, '"sha256": "00000');
    const { text } = await copy.replay();
    expect(text).to.include('as many as expected, but not the same ones');
    expect(text).to.match(/ {2}calls\n {4}~ expected 5 rows, got 2,400 rows/);
  });

  it('refuses expected files that do not parse, with file and line', async () => {
    using copy = setup(cities);
    copy.change('expected/dynamodb/cities.jsonl', /\n/, '\n[1]\n');
    const { message } = await refusalOf(copy.replay());
    expect(message).to.include('expected/dynamodb/cities.jsonl:2: expected one JSON object on the line');
  });

  const unfit: readonly [string, Readonly<Record<string, string | undefined>>, string][] = [
    [
      'rows of a table that there is not',
      { 'expected/postgres/citys.jsonl': '{}\n' },
      'expected the name of a table (cities, city_publications), got "citys"',
    ],
    ['a file that nothing reads', { 'expected/postgress/cities.jsonl': '' }, 'rename or remove it'],
    ['rows and their hash', { 'expected/dynamodb/cities.json': '{}' }, 'got a file of each'],
    ['rows without a summary', { 'summary.json': undefined }, 'expected it beside the folder expected'],
    ['a hash that is none', { 'expected/calls.json': '{\n"lines": 3,\n"sha256": "x" }' }, 'calls.json:3: sha256'],
    ['a summary that does not parse', { 'summary.json': '{\n"job": }' }, 'summary.json:2: expected JSON'],
  ];
  for (const [what, files, reason] of unfit) {
    it(`refuses expected files that do not fit, and replaces them when it accepts: ${what}`, async () => {
      using copy = setup(cities);
      const summary = copy.read('summary.json');
      for (const [file, text] of Object.entries(files)) copy.write(file, text);
      const { message } = await refusalOf(copy.replay());
      expect(message).to.include(reason);
      expect((await copy.replay({ update: true })).status).to.equal('updated');
      expect(copy.read('summary.json')).to.equal(summary);
      expect((await copy.replay()).status).to.equal('same');
    });
  }

  it('refuses a table under "volatile" that there is not', async () => {
    using copy = setup(cities);
    copy.change('case.json', '"scope": {}', '"scope": {}, "volatile": { "citys": ["population"] }');
    expect((await refusalOf(copy.replay())).message).to.include('(cities, city_publications), got "citys"');
  });

  it('refuses a column under "volatile" that there is not, in either store', async () => {
    using copy = setup(cities);
    copy.change('case.json', '"scope": {}', '"scope": {}, "volatile": { "city_publications": ["hsh"] }');
    expect((await refusalOf(copy.replay())).message).to.match(
      /case\.json: volatile: expected a column of city_publications \(city_id, hash, published_at\), got "hsh"; correct it$/,
    );
    copy.change('case.json', '"city_publications": ["hsh"]', '"cities": ["altNam"]');
    const { message } = await refusalOf(copy.replay({ update: true }));
    expect(message).to.include('altName, ').and.include('got "altNam"');
  });

  it('accepts nothing that contradicts what case.json expects', async () => {
    using copy = setup(cities);
    copy.change('case.json', '"succeeded": 40', '"succeeded": 41');
    const before = copy.read('summary.json');
    copy.change('expected/dynamodb/cities.jsonl', '"population":2750547', '"population":5');
    const { message } = await refusalOf(copy.replay({ update: true }));
    expect(message).to.include('case.json: expect: items.succeeded: expected 41, got 40; nothing was accepted');
    expect(copy.read('summary.json')).to.equal(before);
    expect(copy.read('expected/dynamodb/cities.jsonl')).to.include('"population":5');
  });

  it('accepts nothing of a run that was cut short', async () => {
    using copy = setup(cities);
    rmSync(copy.path('expected'), { recursive: true });
    rmSync(copy.path('summary.json'));
    const stop = AbortSignal.abort(new Error('enough'));
    expect(await copy.replay({ update: true, signal: stop }).catch((error: Error) => error.message)).to.equal('enough');
    expect(existsSync(copy.path('summary.json'))).to.equal(false);
  });
});
