import { expect } from 'chai';
import { describe, it } from 'mocha';
import { place, settings, testWorld } from '../testing/commands-world.ts';
import { planCommand } from './plan.ts';

describe('fargate-plugin/commands/plan', () => {
  it('tells all of each job on lines that fit a terminal of 80 columns', async () => {
    const world = testWorld();
    expect(await planCommand(world, {})).to.equal(0);
    const { text } = world.out;
    for (const line of text.split('\n')) expect(line.length, line).to.be.at.most(80);
    expect(text).to.contain('schedule  every 15 minutes');
    expect(text).to.contain('Mon 2026-11-30 05:00 UTC  Mon 2026-11-30 06:00 Europe/Berlin');
    expect(text).to.contain('stint-dev-publish-cities: 1 vCPU, 2 GB, disk 50 GB, arm64, Spot');
    expect(text).to.contain('roles     TaskRole, ExecutionRole, SchedulerRole');
    expect(text).to.contain('tables    cities (write)');
    expect(text).to.contain('secrets   DATABASE_URL, PAYMENTS_API_KEY');
    expect(text).to.contain('more than 25 items failed within an hour');
    expect(text).to.contain('no run succeeded for 6 d');
    expect(text).to.contain('cost      $5.53 a month for 2,920 runs of 5 min');
    expect(text).to.contain('cost      about $0.03 a month for 22 runs of 5 min');
    expect(text).to.contain('started by hand');
    expect(text).to.contain('by prices read on 2026-11-29');
    expect(text).to.contain('5 min is assumed');
  });

  it('never tells where a secret is', async () => {
    const world = testWorld();
    await planCommand(world, {});
    await planCommand(world, { json: true });
    expect(world.out.text).not.to.match(/secretsmanager|parameter\/|payments-key/);
  });

  it('tells the same as one JSON document', async () => {
    const world = testWorld();
    await planCommand(world, { json: true });
    const plan = JSON.parse(world.out.text);
    expect(plan.prices).to.include({ readOn: '2026-11-29', currency: 'USD' });
    expect(plan.jobs[0].next).to.deep.equal([
      '2026-11-29T20:15:00.000Z',
      '2026-11-29T20:30:00.000Z',
      '2026-11-29T20:45:00.000Z',
    ]);
    expect(plan.jobs[0].monthlyCost).to.be.closeTo(5.53, 0.01);
    expect(plan.jobs[2]).to.include({ schedule: null, monthlyCost: 0 });
    expect(world.out.noted).to.deep.equal([]);
  });

  it('goes by the durations that are given, of all jobs and of one, and by what is billed at least', async () => {
    const world = testWorld();
    await planCommand(world, { json: true, duration: ['30s', 'publish-cities=1h'] });
    const [poll, cities] = JSON.parse(world.out.text).jobs;
    expect(poll.monthlyCost).to.be.closeTo(5.53 / 5, 0.01);
    expect(cities.durationMs).to.equal(3_600_000);
    for (const duration of ['5', '5 min', 'publish-cities=', '-1m', '0s', '=5m=3m'])
      await planCommand(world, { duration: [duration] }).then(
        () => expect.fail(duration),
        (error) =>
          expect(error)
            .to.have.property('code')
            .that.matches(/STINT_USAGE|STINT_UNKNOWN_JOB/),
      );
  });

  it('counts public addresses, and has no price for a region that it does not know', async () => {
    const vpc = { ...settings.vpc, assignPublicIp: true };
    const world = testWorld({}, { settings: { ...settings, vpc } });
    await planCommand(world, {});
    expect(world.out.text).to.contain('$6.74 a month for 2,920 runs').and.to.contain('public IPv4 address at $0.005');
    const far = testWorld({}, { place: { ...place, region: 'me-south-1' } });
    await planCommand(far, {});
    expect(far.out.text).to.contain('cost: there is no price here for me-south-1');
    expect(far.out.text).to.contain('not known here, for 2,920 runs of 5 min a month');
    await planCommand(far, { json: true });
    expect(JSON.parse(far.out.printed.at(-1) ?? '').monthlyCost).to.equal(null);
  });
});
