import { expect } from 'chai';
import { describe, it } from 'mocha';
import { eventPattern } from './event-pattern.ts';
import { isSelected } from './testing/match-pattern.ts';
import { eventNames, readEvent } from './testing/read-event.ts';
import { toTaskStopped } from './to-task-stopped.ts';

const cluster = 'arn:aws:ecs:us-west-2:111122223333:cluster/stint-test';

describe('eventPattern', () => {
  // AWS's own matcher (event-ruler 1.8.1) selects the same of these events but those of sidecars, which it leaves out.
  it('selects all that is told, and of the rest only sidecars, other families and services', () => {
    const selected = eventNames.filter((name) => isSelected(eventPattern(cluster), readEvent(name)));
    const passed = selected.filter(
      (name) => toTaskStopped(readEvent(name), { familyPrefix: 'stint-test-' }) === undefined,
    );
    expect(eventNames.filter((name) => !selected.includes(name))).to.deep.equal(['exit-0', 'still-running']);
    expect(passed).to.deep.equal(['other-family', 'service-replaced', 'sidecar-137', 'sidecar-out-of-memory']);
  });

  it('selects no task of another cluster, and none without the container of a job', () => {
    const event = readEvent('exit-1');
    expect(isSelected(eventPattern(`${cluster}-2`), event)).to.equal(false);
    event.detail.containers[0].name = 'application';
    expect(isSelected(eventPattern(cluster), event)).to.equal(false);
  });

  it('takes what CloudFormation refers to a cluster with', () => {
    const reference = { 'Fn::GetAtt': ['Cluster', 'Arn'] };
    expect(eventPattern(reference)).to.deep.equal({
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: {
        clusterArn: [reference],
        lastStatus: ['STOPPED'],
        containers: { name: ['app'] },
        $or: [
          { containers: { exitCode: [{ 'anything-but': [0] }] } },
          { containers: { exitCode: [{ exists: false }] } },
          { containers: { reason: [{ exists: true }] } },
          { stopCode: [{ 'anything-but': ['EssentialContainerExited'] }] },
        ],
      },
    });
  });
});
