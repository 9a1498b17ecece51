import { EnvironmentError, type EnvironmentValues } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { makeToken } from './access/tokens.ts';
import { resolveAdminConfig } from './config.ts';

const { entry } = makeToken('qa', 'trigger');
const production = { STINT_ADMIN_TOKENS: JSON.stringify([entry]) };

/** Where the problems are that it refuses to start for. */
function problemsOf(environment: EnvironmentValues): readonly string[] {
  try {
    resolveAdminConfig(environment);
  } catch (error) {
    expect(error).to.be.instanceOf(EnvironmentError);
    expect((error as Error).message).to.match(/^the admin does not start:\n/);
    for (const { message } of (error as EnvironmentError).problems) expect(message).to.match(/^expected /);
    return (error as EnvironmentError).problems.map(({ path }) => path);
  }
  return [];
}

describe('resolveAdminConfig', () => {
  it('has defaults for all but tokens', () => {
    const { access, ...others } = resolveAdminConfig(production);
    const defaults = {
      host: '0.0.0.0',
      port: 8_080,
      maxRuns: 4,
      trustProxy: false,
      datadog: undefined,
      task: undefined,
      target: 'process',
    };
    expect(others).to.deep.equal(defaults);
    expect(access).to.deep.equal({ tokens: [entry], madeToken: undefined, sessionSecret: '', secureCookies: true });
  });

  it('takes an empty variable for one that is not set', () => {
    const names = ['HOST', 'PORT', 'STINT_ADMIN_MAX_RUNS', 'STINT_ADMIN_TRUST_PROXY', 'STINT_ADMIN_SESSION_SECRET'];
    const empty = Object.fromEntries([...names, 'DD_SITE', 'DD_SERVICE', 'NODE_ENV'].map((name) => [name, '']));
    expect(resolveAdminConfig({ ...production, ...empty })).to.deep.equal(resolveAdminConfig(production));
  });

  it('takes what is set', () => {
    const secret = 's'.repeat(32);
    const { access, ...others } = resolveAdminConfig({
      ...production,
      HOST: '::',
      PORT: '0',
      STINT_ADMIN_MAX_RUNS: '1',
      STINT_ADMIN_TRUST_PROXY: 'true',
      STINT_ADMIN_SESSION_SECRET: secret,
      DD_SITE: 'datadoghq.eu',
      DD_SERVICE: 'batch',
    });
    const datadog = { site: 'datadoghq.eu', service: 'batch' };
    expect(others).to.deep.equal({
      host: '::',
      port: 0,
      maxRuns: 1,
      trustProxy: true,
      datadog,
      task: undefined,
      target: 'process',
    });
    expect(access.sessionSecret).to.equal(secret);
    expect(resolveAdminConfig({ ...production, DD_SITE: 'datadoghq.eu' }).datadog?.service).to.equal('stint');
  });

  it('says how tasks are started, and where runs go on of which nobody says', () => {
    const task = '{"cluster":"jobs","subnets":["subnet-1"]}';
    const config = resolveAdminConfig({ ...production, STINT_ADMIN_TASK: task, STINT_ADMIN_TARGET: 'task' });
    expect(config.target).to.equal('task');
    expect(config.task).to.include({
      cluster: 'jobs',
      taskDefinition: 'stint-{job}',
      container: 'app',
      assignPublicIp: false,
    });
    expect(problemsOf({ ...production, STINT_ADMIN_TARGET: 'lambda' })).to.deep.equal(['STINT_ADMIN_TARGET']);
    expect(problemsOf({ ...production, STINT_ADMIN_TASK: '{}' })).to.deep.equal(['STINT_ADMIN_TASK']);
  });

  it('listens on this machine alone in development, and makes a token there', () => {
    const { host, access } = resolveAdminConfig({ NODE_ENV: 'development' });
    expect(host).to.equal('127.0.0.1');
    expect(access.madeToken).to.match(/^stint_/);
    expect(problemsOf({ NODE_ENV: 'development', HOST: '0.0.0.0' })).to.deep.equal(['STINT_ADMIN_TOKENS']);
    expect(problemsOf({ NODE_ENV: 'production', HOST: '127.0.0.1' })).to.deep.equal(['STINT_ADMIN_TOKENS']);
  });

  for (const [name, values] of Object.entries({
    PORT: ['http', '-1', '65536', '80.5', '0x50', ' 80', '1e3'],
    STINT_ADMIN_MAX_RUNS: ['0', '101', 'many', '4.0'],
    STINT_ADMIN_TRUST_PROXY: ['1', 'yes', 'TRUE', '10.0.0.0/8'],
    STINT_ADMIN_SESSION_SECRET: ['short'],
    STINT_ADMIN_TOKENS: ['', '[]', 'stint_secret', '{}'],
  })) {
    it(`refuses ${name} that does not fit`, () => {
      for (const value of values) expect(problemsOf({ ...production, [name]: value }), value).to.deep.equal([name]);
    });
  }

  it('tells all that does not fit at once, and no value', () => {
    const environment = {
      PORT: 'hunter2',
      STINT_ADMIN_MAX_RUNS: 'hunter2',
      STINT_ADMIN_TRUST_PROXY: 'hunter2',
      STINT_ADMIN_SESSION_SECRET: 'hunter2',
      STINT_ADMIN_TOKENS: JSON.stringify([{ ...entry, role: 'hunter2' }]),
    };
    expect(problemsOf(environment)).to.have.members([
      'PORT',
      'STINT_ADMIN_MAX_RUNS',
      'STINT_ADMIN_TRUST_PROXY',
      'STINT_ADMIN_TOKENS.0.role',
    ]);
    expect(() => resolveAdminConfig(environment))
      .to.throw(EnvironmentError)
      .with.property('message')
      .that.does.not.match(new RegExp(`hunter2|${entry.sha256}`));
  });
});
