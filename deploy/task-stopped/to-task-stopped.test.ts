import { expect } from 'chai';
import { describe, it } from 'mocha';
import { eventNames, readEvent } from './testing/read-event.ts';
import { toTaskStopped } from './to-task-stopped.ts';

const ours = { familyPrefix: 'stint-test-' };
const user = 'UserInitiated';
const container = 'EssentialContainerExited';

/** Exit code, stop code and cause; nothing: it is not told. */
const told: Readonly<Record<string, readonly [number | undefined, string, string] | undefined>> = {
  'exit-0': undefined,
  'exit-1': [1, container, 'failed'],
  'exit-130': [130, container, 'terminated'],
  'exit-137-out-of-memory': [137, container, 'out_of_memory'],
  'exit-137-stop-timeout': [137, user, 'killed'],
  'exit-143': [143, user, 'terminated'],
  'no-exit-code': [undefined, container, 'unknown'],
  'failed-to-start-image': [undefined, 'TaskFailedToStart', 'failed_to_start'],
  'failed-to-start-secret': [undefined, 'TaskFailedToStart', 'failed_to_start'],
  'sidecar-137': undefined,
  'sidecar-out-of-memory': undefined,
  'spot-interruption': [143, 'SpotInterruption', 'terminated'],
  'spot-no-exit-code': [undefined, 'TerminationNotice', 'unknown'],
  'stopped-before-start': [undefined, user, 'unknown'],
  'other-family': undefined,
  'service-replaced': undefined,
  'still-running': undefined,
};

describe('toTaskStopped', () => {
  it('has an expectation for each recorded event', () => {
    expect(Object.keys(told).sort()).to.deep.equal([...eventNames].sort());
  });

  for (const [name, expected] of Object.entries(told)) {
    it(`tells ${expected === undefined ? 'nothing' : expected.join(', ')} of ${name}`, () => {
      const stopped = toTaskStopped(readEvent(name), ours);
      expect(stopped && [stopped.exitCode, stopped.stopCode, stopped.cause]).to.deep.equal(expected);
    });
  }

  it('names task, family and job, and when and why it stopped', () => {
    expect(toTaskStopped(readEvent('exit-137-out-of-memory'), ours)).to.deep.equal({
      task: 'c13b4cb40f1f4fe4a2971f76ae5a4704',
      taskFamily: 'stint-test-poll-payment-status',
      job: 'poll-payment-status',
      exitCode: 137,
      stopCode: container,
      cause: 'out_of_memory',
      stoppedReason: 'Essential container in task exited; OutOfMemoryError: Container killed due to memory usage',
      stoppedAtMs: Date.parse('2026-11-29T06:05:02.781Z'),
      version: 6,
    });
  });

  it('takes every family for a job when there is no prefix', () => {
    const stopped = toTaskStopped(readEvent('other-family'));
    expect(stopped).to.include({ taskFamily: 'reports-nightly', job: 'reports-nightly', exitCode: 1 });
  });

  it('finds memory in the reason of the task too, of one that was killed', () => {
    const event = readEvent('exit-137-out-of-memory');
    delete event.detail.containers[0].reason;
    event.detail.stoppedReason = 'OutOfMemoryError: container killed due to memory usage';
    expect(toTaskStopped(event)?.cause).to.equal('out_of_memory');
    event.detail.containers[0].exitCode = 1;
    expect(toTaskStopped(event)?.cause).to.equal('failed');
  });

  it('knows the job by the name of its container alone, wherever it stands', () => {
    const event = readEvent('exit-1');
    event.detail.containers.reverse();
    expect(toTaskStopped(event)?.exitCode).to.equal(1);
    event.detail.containers.pop();
    expect(toTaskStopped(event)).to.equal(undefined);
  });

  it('tells a stop code that it does not know, and takes none for `none`', () => {
    const event = readEvent('exit-1');
    event.detail.stopCode = 'InfrastructureHealth';
    expect(toTaskStopped(event)?.stopCode).to.equal('InfrastructureHealth');
    delete event.detail.stopCode;
    delete event.detail.stoppedAt;
    expect(toTaskStopped(event)).to.include({ stopCode: 'none', stoppedAtMs: Date.parse('2026-11-29T06:05:03Z') });
  });

  it('tells nothing of what the container was started with', () => {
    for (const name of eventNames) {
      expect(JSON.stringify(readEvent(name))).to.include('canary-of-the-scope');
      expect(JSON.stringify(toTaskStopped(readEvent(name)) ?? {})).to.not.include('canary');
    }
  });

  it('keeps a reason short', () => {
    const event = readEvent('exit-1');
    event.detail.stoppedReason = 'x'.repeat(5_000);
    expect(toTaskStopped(event)?.stoppedReason).to.have.length(500);
  });

  describe('refuses', () => {
    const change = (edit: (event: ReturnType<typeof readEvent>) => void) => {
      const event = readEvent('exit-1');
      edit(event);
      return event;
    };
    const cases: Readonly<Record<string, readonly [unknown, string]>> = {
      nothing: [undefined, 'expected the event to be an object, got nothing'],
      'a list': [[], 'expected the event to be an object, got a list'],
      'another event': [
        change((event) => (event['detail-type'] = 'ECS Service Action')),
        'expected detail-type to be "ECS Task State Change", got another text',
      ],
      'one without detail': [change((event) => (event.detail = null)), 'expected detail to be an object, got nothing'],
      'one without status': [
        change((event) => (event.detail.lastStatus = '')),
        'expected detail.lastStatus to be a text, got an empty text',
      ],
      'one without containers': [
        change((event) => delete event.detail.containers),
        'expected detail.containers to be a list, got nothing',
      ],
      'a container that is none': [
        change((event) => (event.detail.containers[1] = 'canary')),
        'expected detail.containers[1] to be an object, got another text',
      ],
      'an exit code that is none': [
        change((event) => (event.detail.containers[0].exitCode = '1')),
        'expected exitCode of the container app to be an integer, got another text',
      ],
      'a time that is none': [
        change((event) => (event.detail.stoppedAt = 'canary')),
        'expected detail.stoppedAt or time to be an ISO 8601 time, got another text',
      ],
      'a family that is none': [
        change((event) => (event.detail.taskDefinitionArn = 7)),
        'expected detail.taskDefinitionArn to be a text, got a value of type number',
      ],
    };
    for (const [name, [event, message]] of Object.entries(cases)) {
      it(name, () => {
        expect(() => toTaskStopped(event))
          .to.throw(`${message}; send this function`)
          .with.property('message')
          .that.does.not.include('canary');
      });
    }
  });
});
