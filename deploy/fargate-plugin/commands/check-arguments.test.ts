import { UsageError } from '@stint/sdk';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { checkArguments } from './check-arguments.ts';

const check = (line: string) => () => checkArguments(line.split(' '));

describe('fargate-plugin/commands/check-arguments', () => {
  for (const line of [
    'jobs plan',
    'jobs run repair --stage dev --dry-run --wait',
    'jobs run repair -s dev --scope {"tenantId":"t-1"} --json',
    'jobs run repair --scope={} --limit -5 --stage=dev',
    'jobs plan --duration 5m --duration publish-cities=40m --param image=a --verbose',
  ])
    it(`takes ${line}`, () => {
      expect(check(line)).to.not.throw();
    });

  for (const [line, told] of [
    [
      'jobs run repair --stage dev --scope.tenantId=t-1',
      /^expected the scope as JSON, got --scope\.tenantId=t-1; write/,
    ],
    ['jobs run repair --stage dev --scope.tenantId t-1', /^expected the scope as JSON, got --scope\.tenantId; write/],
    ['jobs run repair --stage dev ---dry-run', /^expected flags only after the command, got "---dry-run"/],
    ['jobs run repair --stage dev --wait t-1', /got "t-1"; see --help/],
    ['jobs run repair --stage=dev t-1', /got "t-1"/],
  ] as const)
    it(`refuses ${line}`, () => {
      expect(check(line)).to.throw(UsageError, told);
    });
});
