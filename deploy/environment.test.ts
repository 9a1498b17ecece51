import { expect } from 'chai';
import { describe, it } from 'mocha';
import { exitGraceFrom, shardFrom } from './environment.ts';

describe('exitGraceFrom', () => {
  it('is 4 s in ECS, nothing elsewhere, or what it is told', () => {
    const ecs = { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/x' };
    expect(exitGraceFrom({})).to.equal(0);
    expect(exitGraceFrom(ecs)).to.equal(4_000);
    expect(exitGraceFrom({ ...ecs, STINT_EXIT_GRACE_MS: '0' })).to.equal(0);
    expect(exitGraceFrom({ STINT_EXIT_GRACE_MS: '250' })).to.equal(250);
    expect(exitGraceFrom({ STINT_EXIT_GRACE_MS: '999999' })).to.equal(60_000);
    for (const unfit of ['', '-1', '4s', '1e3', 'NaN']) {
      expect(exitGraceFrom({ ...ecs, STINT_EXIT_GRACE_MS: unfit }), unfit).to.equal(4_000);
      expect(exitGraceFrom({ STINT_EXIT_GRACE_MS: unfit }), unfit).to.equal(0);
    }
  });
});

describe('shardFrom', () => {
  it('is everything when it is not set, else the part that it names', () => {
    for (const values of [{}, { STINT_SHARD: '' }]) expect(shardFrom(values)).to.equal(undefined);
    expect(shardFrom({ STINT_SHARD: '7/8' })).to.deep.equal({ index: 7, count: 8 });
  });
});
