import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { makeScratch } from '../../harness/stack/testing/scratch.ts';
import { makeSelfSigned } from '../../harness/testing/self-signed.ts';
import { EnvironmentError, type Problem } from '../errors.ts';
import { exitCodeOfError, exitCodes } from '../exit-codes.ts';
import type { EnvironmentValues } from '../input.ts';
import { storesFrom } from '../launch.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { openAccess } from './postgres-access.ts';
import { readPostgresConfig } from './postgres-config.ts';
import { isRdsHost, regionOf, type TlsMode, tlsModeOf } from './postgres-tls.ts';

const rds = 'stint@db.abc.eu-central-1.rds.amazonaws.com/jobs';
const other = 'stint@db.internal/jobs';

function problemsIn(environment: EnvironmentValues): readonly string[] {
  const problems: Problem[] = [];
  readPostgresConfig(environment, problems);
  return problems.map(({ path, message }) => `${path}: ${message}`);
}

describe('ports/postgres-config', () => {
  it('reads nothing when there is no URL', () => {
    expect(readPostgresConfig({ DATABASE_AUTH: 'iam' }, [])).to.equal(undefined);
    expect(problemsIn({ DATABASE_URL: '', DATABASE_CA_FILE: '/nowhere' })).to.deep.equal([]);
  });

  it('takes the region of the tokens from AWS_REGION', () => {
    const environment = { DATABASE_URL: `postgres://${rds}`, DATABASE_AUTH: 'iam', AWS_REGION: 'eu-central-1' };
    expect(storesFrom(environment).postgres).to.deep.equal({
      connectionString: environment.DATABASE_URL,
      iam: { region: 'eu-central-1' },
    });
    expect(problemsIn({ ...environment, DATABASE_URL: `postgres://${other}?sslmode=verify-full` })).to.deep.equal([]);
  });

  it('leaves the password alone when DATABASE_AUTH is empty or "password"', () => {
    for (const DATABASE_AUTH of ['', 'password']) {
      const connectionString = 'postgres://stint:hunter2@db/jobs';
      expect(storesFrom({ DATABASE_URL: connectionString, DATABASE_AUTH }).postgres).to.deep.equal({
        connectionString,
      });
    }
  });

  const iam = { DATABASE_AUTH: 'iam', AWS_REGION: 'eu-central-1' };
  const tls = 'sslmode=verify-full';
  const unfit: Readonly<Record<string, readonly [EnvironmentValues, string]>> = {
    'the ARN of a secret in place of its value': [
      { DATABASE_URL: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:hunter2' },
      'DATABASE_URL: expected a URL like postgres://host:5432/database, got one of something else',
    ],
    'another database': [
      { DATABASE_URL: 'mysql://stint:hunter2@db/jobs' },
      'DATABASE_URL: expected a URL like postgres://host:5432/database, got one of something else',
    ],
    'another way to log in': [
      { DATABASE_URL: `postgres://${rds}`, DATABASE_AUTH: 'hunter2' },
      'DATABASE_AUTH: expected "iam" or "password", got something else',
    ],
    'tokens without a region': [
      { DATABASE_URL: `postgres://${rds}`, DATABASE_AUTH: 'iam' },
      'AWS_REGION: is not set, and DATABASE_AUTH=iam signs tokens for it',
    ],
    'tokens and a password': [
      { DATABASE_URL: `postgres://${rds.replace('@', ':hunter2@')}`, ...iam },
      'DATABASE_URL: holds a password, but with DATABASE_AUTH=iam a token takes its place; take the password out',
    ],
    'tokens for nobody': [
      { DATABASE_URL: `postgres://db.internal/jobs?${tls}`, ...iam },
      'DATABASE_URL: expected a user, whom the tokens of DATABASE_AUTH=iam are for, got none',
    ],
    'tokens without TLS': [
      { DATABASE_URL: `postgres://${other}`, ...iam },
      'DATABASE_URL: asks for no verified TLS, but DATABASE_AUTH=iam sends a token that nobody else may see; add sslmode=verify-full',
    ],
    'RDS without TLS': [
      { DATABASE_URL: `postgres://${rds}?sslmode=disable` },
      'DATABASE_URL: turns TLS off, but its host is of RDS, which is reached by verified TLS alone; take the sslmode out',
    ],
    'RDS whoever it is': [
      { DATABASE_URL: `postgres://${rds}?sslmode=no-verify` },
      'DATABASE_URL: turns the verifying of certificates off, but its host is of RDS, which is reached by verified TLS alone; take the sslmode out',
    ],
    'a mode that there is not': [
      { DATABASE_URL: `postgres://${other}?sslmode=hunter2` },
      'DATABASE_URL: expected its sslmode to be verify-full, no-verify or disable, got something else',
    ],
    'a file of CAs that is not there': [
      { DATABASE_URL: `postgres://${other}`, DATABASE_CA_FILE: '/nowhere/ca.pem' },
      'DATABASE_CA_FILE: expected a file with certificates as PEM, got one that cannot be read (ENOENT)',
    ],
  };
  for (const [what, [environment, problem]] of Object.entries(unfit)) {
    it(`refuses ${what}, before anything connects, for jobs and for the ledger`, async () => {
      expect(problemsIn(environment)).to.deep.equal([problem]);
      const ofLedger = await openLedger(environment).catch((thrown: unknown) => thrown);
      for (const error of [ofLedger, catchFrom(() => storesFrom(environment))]) {
        expect(error).to.be.instanceOf(EnvironmentError);
        expect((error as Error).message)
          .to.include(problem)
          .and.not.include('hunter2');
        expect(exitCodeOfError(error)).to.equal(exitCodes.environment);
      }
    });
  }

  it('refuses the same of a config that code has made', async () => {
    const config = { connectionString: `postgres://${rds}?sslmode=no-verify` };
    expect(await openAccess(config).catch((thrown: unknown) => thrown)).to.be.instanceOf(EnvironmentError);
  });

  it('takes certificates from a file, and refuses one with none or with nonsense in it', () => {
    using scratch = makeScratch();
    const { cert } = makeSelfSigned();
    const DATABASE_CA_FILE = join(scratch.path, 'ca.pem');
    const environment = { DATABASE_URL: `postgres://${other}`, DATABASE_CA_FILE };
    writeFileSync(DATABASE_CA_FILE, `two of them:\n${cert}\n${cert}`);
    expect(readPostgresConfig(environment, [])).to.have.property('ca').that.includes(cert);
    expect(problemsIn({ ...environment, DATABASE_URL: `postgres://${other}?sslmode=disable` })).to.deep.equal([
      'DATABASE_CA_FILE: is set, but DATABASE_URL turns TLS off; set its sslmode to verify-full',
    ]);
    for (const [text, got] of [
      ['', 'one without any'],
      [cert.replace(/[a-z]/g, 'x'), 'one with something else in it'],
    ] as const) {
      writeFileSync(DATABASE_CA_FILE, text);
      expect(problemsIn(environment)).to.deep.equal([
        `DATABASE_CA_FILE: expected a file with certificates as PEM, got ${got}`,
      ]);
    }
  });
});

describe('ports/postgres-tls', () => {
  const table: readonly (readonly [string, boolean, TlsMode])[] = [
    [rds, false, 'verified'],
    [`${rds}?sslmode=require`, false, 'verified'],
    [`${rds}?uselibpqcompat=true&sslmode=require`, false, 'verified'],
    [other, false, 'unsaid'],
    [other, true, 'verified'],
    [`${other}?sslmode=prefer`, false, 'verified'],
    [`${other}?ssl=true`, false, 'verified'],
    [`${other}?sslrootcert=/a/file`, false, 'verified'],
    [`${other}?sslmode=no-verify`, false, 'unverified'],
    [`${other}?sslmode=disable`, false, 'off'],
    [`${other}?ssl=0`, false, 'off'],
    ['localhost/jobs?host=db.abc.eu-central-1.rds.amazonaws.com', false, 'verified'],
  ];
  for (const [address, hasCa, mode] of table) {
    it(`calls TLS ${mode} for ${address}${hasCa ? ' with a file of CAs' : ''}`, () => {
      expect(tlsModeOf(new URL(`postgres://${address}`), hasCa)).to.equal(mode);
    });
  }

  const hosts: readonly (readonly [string, boolean, string | undefined])[] = [
    ['db.abc.eu-central-1.rds.amazonaws.com', true, 'eu-central-1'],
    ['db.cluster-ro-abc.us-east-1.rds.amazonaws.com', true, 'us-east-1'],
    ['jobs.proxy-abc.us-gov-west-1.rds.amazonaws.com', true, 'us-gov-west-1'],
    ['DB.abc.EU-central-1.RDS.amazonaws.com', true, 'eu-central-1'],
    ['db.abc.rds.cn-north-1.amazonaws.com.cn', true, 'cn-north-1'],
    ['db.abc.rds.amazonaws.com.evil.org', false, undefined],
    ['rds.amazonaws.com.evil.org', false, undefined],
    ['evilrds.amazonaws.com', false, undefined],
    ['db.internal', false, undefined],
  ];
  for (const [host, isRds, region] of hosts) {
    it(`${isRds ? 'knows' : 'does not take'} ${host} for a host of RDS`, () => {
      expect(isRdsHost(host)).to.equal(isRds);
      if (isRds) expect(regionOf(host)).to.equal(region);
    });
  }
});

function catchFrom(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (error) {
    return error;
  }
}
