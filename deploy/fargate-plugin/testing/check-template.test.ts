import { expect } from 'chai';
import { describe, it } from 'mocha';
import { placeholder } from '../cloudformation.ts';
import { checkNames, checkTemplate } from './check-template.ts';

const queue = (Properties: object) => ({ Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties } } }) as never;

describe('checkTemplate', () => {
  it('tells an unknown property', () => {
    expect(checkTemplate(queue({ QueueNaem: 'a' }))).to.deep.equal(['Queue.QueueNaem is unknown']);
  });

  it('tells a value of another kind', () => {
    expect(checkTemplate(queue({ DelaySeconds: '5' }))).to.deep.equal([
      'Queue.DelaySeconds: expected integer, got "5"',
    ]);
  });

  it('tells what is missing within', () => {
    const { Resources } = queue({}) as { Resources: object };
    const policy = { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: ['a'] } };
    expect(checkTemplate({ Resources: { ...Resources, Policy: policy } })).to.deep.equal([
      'Policy.PolicyDocument is missing',
    ]);
  });
});

describe('checkNames', () => {
  it('tells what is not there', () => {
    const names = {
      QueueName: { Ref: 'Gone' },
      RedrivePolicy: { 'Fn::GetAtt': ['Queue', 'Arm'] },
      Tags: { 'Fn::Sub': `a-${placeholder('Lost')}` },
    };
    expect(checkNames(queue(names))).to.deep.equal([
      'nothing is called Gone',
      'Queue has no attribute Arm',
      'nothing is called Lost',
    ]);
  });
});
