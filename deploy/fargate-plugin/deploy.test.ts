import { expect } from 'chai';
import { describe, it } from 'mocha';
import { makeTemplate } from './template.ts';
import { exampleGiven, examplePlan, propertiesOf } from './testing/example-plan.ts';
import { openFakeStacks } from './testing/fake-stacks.ts';
import { copyToPackage } from './testing/package-copy.ts';

const digest = (one: string) => `111122223333.dkr.ecr.eu-central-1.amazonaws.com/stint@sha256:${one.repeat(64)}`;
const withImage = (one: string) => ({ args: ['--param', `image=${digest(one)}`] });

describe('npx serverless deploy', () => {
  it('makes a stack with its bucket, then all that package makes, and changes it', async () => {
    using copy = copyToPackage();
    await using aws = await openFakeStacks();
    const { code, text } = await copy.deploy(aws.environment, withImage('1'));
    expect(code, text).to.equal(0);
    const { ServerlessDeploymentBucket, ServerlessDeploymentBucketPolicy, ...resources } = aws.template!.Resources;
    const made = makeTemplate(examplePlan({ settings: { image: digest('1') } }));
    expect(resources).to.deep.equal(JSON.parse(JSON.stringify(made.Resources)));
    expect(aws.template!.Outputs).to.include.keys(Object.keys(made.Outputs));
    expect(aws.calls.filter((call) => /POST (Create|Execute)ChangeSet|PUT/.test(call)).map(lastPart)).to.deep.equal([
      'POST CreateChangeSet',
      'POST ExecuteChangeSet',
      'compiled-cloudformation-template.json',
      'serverless-state.json',
      'POST CreateChangeSet',
      'POST ExecuteChangeSet',
    ]);
    expect(aws.asked.CreateChangeSet).to.include({
      'Capabilities.member.1': 'CAPABILITY_IAM',
      'Tags.member.1.Key': 'service',
      'Tags.member.2.Value': 'example',
    });

    copy.edit('jobs/poll-payment-status/job.ts', "rate: '15 minutes'", "rate: '15 minutes', by: 'rule'");
    // CloudFormation would take no schedule that has become a rule: it has to be another resource.
    const again = await copy.deploy(aws.environment, withImage('2'));
    expect(again.code, again.text).to.equal(0);
    expect(propertiesOf(aws.template!, 'PublishCitiesTaskDefinition').ContainerDefinitions[0].Image).to.equal(
      digest('2'),
    );
    expect(aws.template!.Resources).to.include.keys('PollPaymentStatusRule');
    expect(aws.template!.Resources).to.not.have.any.keys('PollPaymentStatusSchedule');
  });

  it('touches no account when something does not fit', async () => {
    using copy = copyToPackage();
    await using aws = await openFakeStacks();
    const { vpc, ...given } = exampleGiven();
    copy.writeStage('bad', given);
    const { code, text } = await copy.deploy(aws.environment, { stage: 'bad' });
    expect(code).to.equal(1);
    expect(text).to.include('- vpc: is not set');
    expect(aws.calls.filter((call) => call !== 'POST GetCallerIdentity')).to.deep.equal([]);
  });
});

function lastPart(call: string): string {
  return call.slice(call.lastIndexOf('/') + 1);
}
