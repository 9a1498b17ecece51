import { expect } from 'chai';
import { describe, it } from 'mocha';
import { datadogLinks, jobLinks, runLinks } from './run-links.ts';

const period = { fromMs: Date.UTC(2026, 0, 1, 6), toMs: Date.UTC(2026, 0, 1, 7) };
const logTimes = 'from_ts=1767246900000&to_ts=1767251100000&live=false';

describe('runLinks', () => {
  it('leads to what the environment says there is', () => {
    expect(runLinks({}, 'r1', period)).to.deep.equal({});
    expect(
      runLinks({ DD_SITE: 'datadoghq.eu', STINT_ADMIN_URL: 'https://stint.example' }, 'r 1', period),
    ).to.deep.equal({
      run: 'https://stint.example/admin/runs/r%201',
      logs: `https://app.datadoghq.eu/logs?query=service%3Astint%20%40run%3Ar%201&${logTimes}`,
    });
    expect(runLinks({ DD_SITE: 'datadoghq.eu', DD_SERVICE: 'jobs' }, 'r1', period).logs).to.include('service%3Ajobs');
    expect(runLinks({ STINT_ADMIN_URL: 'no address' }, 'r1', period)).to.deep.equal({});
  });
});

describe('datadogLinks', () => {
  it('asks logs for `run` and spans for `stint.run.id`, as they have it', () => {
    expect(datadogLinks({ site: 'datadoghq.com', service: 'stint' }, 'r1', period)).to.deep.equal({
      logs: `https://app.datadoghq.com/logs?query=service%3Astint%20%40run%3Ar1&${logTimes}`,
      traces:
        'https://app.datadoghq.com/apm/traces?query=service%3Astint%20%40stint.run.id%3Ar1&start=1767246900000&end=1767251100000&paused=true',
    });
  });

  it('goes on showing what comes of a run that goes on', () => {
    const { logs, traces } = datadogLinks({ site: 'datadoghq.com', service: 'stint' }, 'r1', {
      ...period,
      goesOn: true,
    });
    expect(logs).to.include('&live=true');
    expect(traces).to.include('&paused=false');
  });

  it('knows where each site of Datadog has its pages', () => {
    const hosts = {
      'datadoghq.com': 'app.datadoghq.com',
      'datadoghq.eu': 'app.datadoghq.eu',
      'ddog-gov.com': 'app.ddog-gov.com',
      'us3.datadoghq.com': 'us3.datadoghq.com',
      'us5.datadoghq.com': 'us5.datadoghq.com',
      'ap1.datadoghq.com': 'ap1.datadoghq.com',
    };
    for (const [site, host] of Object.entries(hosts))
      for (const link of Object.values(datadogLinks({ site, service: 'stint' }, 'r1', period)))
        expect(new URL(link).host).to.equal(host);
  });
});

describe('jobLinks', () => {
  it('leads to the logs of a job, where there are any', () => {
    expect(jobLinks({ STINT_ADMIN_URL: 'https://stint.example' }, 'poll', period)).to.deep.equal({});
    expect(jobLinks({ DD_SITE: 'datadoghq.eu' }, 'poll', period)).to.deep.equal({
      logs: `https://app.datadoghq.eu/logs?query=service%3Astint%20%40job%3Apoll&${logTimes}`,
    });
  });
});
