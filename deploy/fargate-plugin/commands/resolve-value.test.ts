import { expect } from 'chai';
import { describe, it } from 'mocha';
import { place } from '../testing/commands-world.ts';
import { fits, resolveText, resolveValue, shown } from './resolve-value.ts';

const template = {
  Resources: {
    Cluster: { Type: 'AWS::ECS::Cluster', Properties: { ClusterName: { 'Fn::Join': ['-', ['stint', 'dev']] } } },
    Task: { Type: 'AWS::ECS::TaskDefinition', Properties: { Family: 'stint-dev-x' } },
    Named: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'stint-dev-role' } },
    Unnamed: { Type: 'AWS::IAM::Role' },
  },
};
const ground = { template, place };
const text = (value: unknown) => shown(resolveText(value, ground));

describe('fargate-plugin/commands/resolve-value', () => {
  it('knows what the template and the place say', () => {
    expect(text({ Ref: 'AWS::Region' })).to.equal('eu-central-1');
    expect(text({ Ref: 'Cluster' })).to.equal('stint-dev');
    expect(text({ 'Fn::GetAtt': ['Cluster', 'Arn'] })).to.equal('arn:…:ecs:…stint-dev');
    expect(text({ 'Fn::GetAtt': 'Named.Arn' })).to.equal('arn:…:iam:…stint-dev-role');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders
    expect(text({ 'Fn::Sub': '${Cluster}/${AWS::Region}/${!kept}/${Named.Arn}' })).to.equal(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what is left of one
      'stint-dev/eu-central-1/${kept}/arn:…:iam:…stint-dev-role',
    );
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's placeholders
    expect(text({ 'Fn::Sub': ['${own}-${Cluster}', { own: { Ref: 'AWS::Region' } }] })).to.equal(
      'eu-central-1-stint-dev',
    );
    expect(resolveValue({ a: [1, true, { Ref: 'Cluster' }] }, ground)).to.deep.equal({ a: ['1', 'true', 'stint-dev'] });
  });

  it('lets what cannot be known be anything, and nothing else', () => {
    const task = resolveText({ Ref: 'Task' }, ground);
    expect(fits(task, 'arn:aws:ecs:eu-central-1:123456789012:task-definition/stint-dev-x:12')).to.equal(true);
    expect(fits(task, 'arn:aws:ecs:eu-central-1:123456789012:task-definition/stint-dev-y:12')).to.equal(false);
    expect(fits(resolveText({ 'Fn::GetAtt': ['Unnamed', 'Arn'] }, ground), 'arn:aws:iam::1:role/any')).to.equal(true);
    expect(fits(resolveText({ 'Fn::GetAtt': ['Unnamed', 'Arn'] }, ground), 'arn:aws:sqs::1:any')).to.equal(false);
    for (const value of [{ Ref: 'AWS::AccountId' }, { Ref: 'Nothing' }, { 'Fn::ImportValue': 'x' }, { 'Fn::If': [] }])
      expect(text(value)).to.equal('…');
    expect(fits('a.c', 'abc')).to.equal(false);
  });
});
