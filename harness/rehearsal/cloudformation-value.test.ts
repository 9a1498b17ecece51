import { expect } from 'chai';
import { describe, it } from 'mocha';
import { resolveValue } from './cloudformation-value.ts';

const parameters = { 'AWS::Region': 'eu-central-1', Stage: 'prod', 'Table.Arn': 'arn:table' };
const resolve = (value: unknown) => resolveValue(value, parameters, 'T, X');
// In two parts: together they would be a template of JavaScript's own to the linter.
const placeholder = (name: string) => `$${'{'}${name}}`;

describe('resolveValue', () => {
  const table: Readonly<Record<string, readonly [unknown, string]>> = {
    'a text': ['as it is', 'as it is'],
    'a number': [512, '512'],
    'a Ref': [{ Ref: 'AWS::Region' }, 'eu-central-1'],
    'a Fn::GetAtt': [{ 'Fn::GetAtt': ['Table', 'Arn'] }, 'arn:table'],
    'a Fn::GetAtt in one text': [{ 'Fn::GetAtt': 'Table.Arn' }, 'arn:table'],
    'a Fn::Join of others': [{ 'Fn::Join': ['-', ['stint', { Ref: 'Stage' }]] }, 'stint-prod'],
    'a Fn::Sub': [
      { 'Fn::Sub': `a:${placeholder('AWS::Region')}:${placeholder('Table.Arn')}` },
      'a:eu-central-1:arn:table',
    ],
    'a Fn::Sub with values of its own': [{ 'Fn::Sub': [placeholder('Own'), { Own: { Ref: 'Stage' } }] }, 'prod'],
    'a Fn::Sub with a literal': [{ 'Fn::Sub': `$${'{'}!Stage}` }, placeholder('Stage')],
  };
  for (const [what, [value, text]] of Object.entries(table)) {
    it(`resolves ${what}`, () => expect(resolve(value)).to.equal(text));
  }

  it('says which parameter is missing, where, and how to give it', () => {
    const says = 'expected a value for Vpc, which T, X refers to, got none; add --parameter Vpc=…';
    expect(() => resolve({ Ref: 'Vpc' })).to.throw(says);
    expect(() => resolve({ 'Fn::Sub': `in ${placeholder('Vpc')}` })).to.throw(says);
  });

  it('refuses what it does not know', () => {
    expect(() => resolve({ 'Fn::ImportValue': 'x' })).to.throw(
      'T, X to be a text, Ref, Fn::Sub, Fn::Join or Fn::GetAtt, got Fn::ImportValue',
    );
    expect(() => resolve(['a', 'b'])).to.throw('got 0');
    expect(() => resolve(undefined)).to.throw('got undefined');
  });
});
