import { expect } from 'chai';
import { describe, it } from 'mocha';
import { writeTargetOf } from './write-target.ts';

describe('writeTargetOf', () => {
  const known: readonly [string, string, string, readonly number[]][] = [
    ['update payments set status = $2 where id = $1', 'payments', 'id = $1', [0]],
    [
      `update only billing."set where" as w set a = 'x where', b = (select 1 from c where d) where w.id in ($3, $2) or $3 = 1 returning id;`,
      'only billing."set where" as w',
      'w.id in ($1, $2) or $1 = 1',
      [2, 1],
    ],
    ['DELETE FROM notes -- where\n n WHERE n.id = $1 RETURNING *', 'notes -- where\n n', 'n.id = $1', [0]],
    ['update notes set a = 1', 'notes', 'true', []],
    ['delete from notes returning id', 'notes', 'true', []],
    ["update notes set a = $$it's$$ where b is distinct from e'\\'$1' ", 'notes', "b is distinct from e'\\'$1'", []],
  ];
  for (const [sql, relation, condition, values] of known)
    it(`knows ${sql}`, () => expect(writeTargetOf(sql)).to.deep.equal({ relation, condition, values }));

  const unknown = [
    'update notes set a = o.a from others o where o.id = notes.id',
    'delete from notes using others where others.id = notes.id',
    'with x as (select 1) update notes set a = 1 where id = 1',
    'update notes set a = 1 where current of c',
    'insert into notes values (1)',
    'update notes set a = 1; delete from notes where id = 1',
  ];
  for (const sql of unknown) it(`takes no guess at ${sql}`, () => expect(writeTargetOf(sql)).to.equal(undefined));
});
