import { expect } from 'chai';
import { describe, it } from 'mocha';
import { makeTemplate } from './template.ts';
import { checkNames, checkTemplate } from './testing/check-template.ts';
import { exampleGiven, examplePlan, propertiesOf } from './testing/example-plan.ts';
import { copyToPackage, type PackageResult } from './testing/package-copy.ts';

/** Refused: by these lines and no others, before anything is written, without a stack trace. */
function expectRefusal({ code, text, template }: PackageResult, lines: readonly RegExp[]): void {
  expect(template, text).to.equal(undefined);
  expect(code).to.equal(1);
  const told = text.split('\n').filter((line) => line.startsWith('- '));
  for (const line of lines)
    expect(
      told.filter((one) => line.test(one)),
      `${line} in\n${text}`,
    ).to.have.length(1);
  expect(told).to.have.length(lines.length);
  expect(text).to.not.match(/^\s+at /m);
}

/** Whatever other jobs there are by now. */
const registry = `
import type { Job } from '@stint/sdk';
import pollPaymentStatus from './poll-payment-status/job.ts';
import publishCities from './publish-cities/job.ts';
import syncExchangeRates from './sync-exchange-rates/job.ts';
export const jobs: readonly Job[] = [pollPaymentStatus, publishCities, syncExchangeRates];
`;

describe('npx serverless package', () => {
  it('makes the template of the example without network and without credentials', async () => {
    using copy = copyToPackage();
    const { code, text, template } = await copy.package();
    expect(code, text).to.equal(0);
    const { ServerlessDeploymentBucket, ServerlessDeploymentBucketPolicy, ...resources } = template!.Resources;
    expect(resources).to.deep.equal(JSON.parse(JSON.stringify(makeTemplate(examplePlan()).Resources)));
    expect(ServerlessDeploymentBucket).to.include({ Type: 'AWS::S3::Bucket' });
    expect(ServerlessDeploymentBucketPolicy).to.include({ Type: 'AWS::S3::BucketPolicy' });
    expect(checkTemplate(template!)).to.deep.equal([]);
    expect(checkNames(template!)).to.deep.equal([]);
  });

  it('takes the image of the command line before that of the stage', async () => {
    using copy = copyToPackage();
    const image = 'ghcr.io/somebody/stint:2';
    const { code, text, template } = await copy.package({ args: ['--param', `image=${image}`] });
    expect(code, text).to.equal(0);
    expect(propertiesOf(template!, 'PublishCitiesTaskDefinition').ContainerDefinitions[0].Image).to.equal(image);
  });

  it('refuses a parameter that there is not, which would leave the image of the stage', async () => {
    using copy = copyToPackage();
    const { code, text, template } = await copy.package({ args: ['--param', 'img=ghcr.io/somebody/stint:2'] });
    expect({ code, template }).to.deep.equal({ code: 1, template: undefined });
    expect(text).to.contain('- --param: expected image=<repository>@sha256:<digest>, got img=…; there is no other');
  });

  it('refuses a stage that has no file', async () => {
    using copy = copyToPackage();
    expectRefusal(await copy.package({ stage: 'nowhere' }), [/deploy\/stages\/nowhere\.json, got none/]);
  });

  it('refuses settings without network, image, key and notified people, and what it does not know, all at once', async () => {
    using copy = copyToPackage();
    const { vpc, image, datadog, ...given } = exampleGiven();
    copy.writeStage('bad', { ...given, datadog: { site: 'datadoghq.eu' }, subnet: 'subnet-1', logRetentionDays: 2 });
    expectRefusal(await copy.package({ stage: 'bad' }), [
      /^- vpc: is not set; put it into deploy\/stages\/bad\.json$/,
      /^- image: is not set; .* or give --param image=/,
      /^- datadog\.apiKey: is not set/,
      /^- datadog\.notify: is not set/,
      /^- subnet: unknown setting/,
      /^- logRetentionDays: expected one of CloudWatch's/,
    ]);
  });

  it('refuses secrets that are declared and not given, or no ARNs, and variables without a value', async () => {
    using copy = copyToPackage();
    copy.write('jobs/registry.ts', registry);
    const env = { STINT_LEDGER: 'postgres', PAYMENTS_API_URL: 'not a URL', PAYMENTS_API_KEY: 'hunter2' };
    copy.writeStage('bad', { ...exampleGiven(), secrets: {}, env });
    const result = await copy.package({ stage: 'bad' });
    expectRefusal(result, [
      /^- poll-payment-status: DATABASE_URL is a secret that is not set; put its ARN under secrets in deploy\/stages\/bad\.json$/,
      /^- poll-payment-status: PAYMENTS_API_URL does not fit/,
      /^- env\.PAYMENTS_API_KEY: is a secret/,
      /^- publish-cities: DATABASE_URL is a secret that is not set/,
      /^- sync-exchange-rates: RATES_API_URL is not set; put it under env/,
      /^- secrets\.DATABASE_URL: is not set, and the ledger is there/,
    ]);
    expect(result.text).to.not.include('hunter2');
    copy.writeStage('bad', { ...exampleGiven(), secrets: { DATABASE_URL: 'postgres://stint:hunter2@database' } });
    const written = await copy.package({ stage: 'bad' });
    expectRefusal(written, [/^- secrets\.DATABASE_URL: expected the ARN of a secret/]);
    expect(written.text).to.not.include('hunter2');
  });

  it('refuses two jobs with one name, names that are too long, and a job that is killed before it ends', async () => {
    using copy = copyToPackage();
    const stage = 'a-stage-with-quite-a-long-name';
    const { DATABASE_URL, PAYMENTS_API_KEY } = exampleGiven().secrets as Record<string, string>;
    copy.writeStage(stage, { ...exampleGiven(), secrets: { DATABASE_URL, PAYMENTS_API_KEY } });
    copy.write('jobs/registry.ts', registry);
    copy.edit('jobs/registry.ts', '[pollPaymentStatus', '[pollPaymentStatus, pollPaymentStatus');
    copy.edit('jobs/publish-cities/job.ts', "name: 'publish-cities'", "name: 'publish-cities-of-the-whole-wide-world'");
    copy.edit('jobs/publish-cities/job.ts', 'concurrency: 8,', 'concurrency: 8, drainMs: 110_000,');
    expectRefusal(await copy.package({ stage }), [
      /^- poll-payment-status: expected one job of this name in jobs\/registry\.ts, got two$/,
      /^- publish-cities-of-the-whole-wide-world: expected stint-.* to have at most 64 characters/,
      /^- publish-cities-of-the-whole-wide-world: expected limits\.drainMs to be at most 105000, got 110000/,
    ]);
  });

  it('refuses all that is wrong with the definitions of all jobs, a line each', async () => {
    using copy = copyToPackage();
    copy.edit('jobs/publish-cities/job.ts', 'concurrency: 8,', 'concurrency: 0, drainMs: -1,');
    copy.edit('jobs/publish-cities/job.ts', 'tables: {', 'alarms: { failedItems: -1, longerThanMs: 0 }, tables: {');
    copy.edit('jobs/sync-exchange-rates/job.ts', "cron: '30 6 * * ? *'", "cron: '30 6 * * * *'");
    copy.edit('jobs/sync-exchange-rates/job.ts', 'tables: {', 'task: { cpu: 1, diskGb: 1 }, tables: {');
    expectRefusal(await copy.package(), [
      /^- expected publish-cities's limits\.concurrency to be a whole number of 1 or more, got 0$/,
      /^- expected publish-cities's limits\.drainMs to be a number of 0 or more, got -1$/,
      /^- expected publish-cities's alarms\.longerThanMs to be false or a whole number/,
      /^- expected publish-cities's alarms\.failedItems to be false or a whole number/,
      /^- expected exactly one of .* in sync-exchange-rates's schedule\.cron to be/,
      /^- expected sync-exchange-rates's task\.cpu to be one of Fargate's/,
      /^- expected sync-exchange-rates's task\.diskGb to be a whole number/,
    ]);
  });

  const definitions = {
    'a cron expression that EventBridge does not take': [
      "cron: '30 6 * * ? *'",
      "cron: '30 6 * * * *'",
      /schedule\.cron/,
    ],
    'a rate that it does not take': [
      "cron: '30 6 * * ? *', timezone: 'Europe/Berlin'",
      "rate: '1 minutes'",
      /schedule\.rate/,
    ],
    'a size that Fargate does not have': [
      'tables: {',
      'task: { cpu: 256, memoryMb: 4_096 }, tables: {',
      /task\.memoryMb/,
    ],
  } as const;
  for (const [name, [part, other, line]] of Object.entries(definitions)) {
    it(`refuses ${name}, and tells what is wrong elsewhere too`, async () => {
      using copy = copyToPackage();
      copy.edit('jobs/sync-exchange-rates/job.ts', part, other);
      const { vpc, ...given } = exampleGiven();
      copy.writeStage('bad', given);
      expectRefusal(await copy.package({ stage: 'bad' }), [line, /^- vpc: is not set/]);
    });
  }
});
