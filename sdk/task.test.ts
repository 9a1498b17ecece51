import { expect } from 'chai';
import { describe, it } from 'mocha';
import { DefinitionError } from './errors.ts';
import { checkTables, resolveTask, type Tables, type Task } from './task.ts';

const resolve = (task: object) => () => resolveTask('a-job', task as Task);
const check = (tables: object) => () => checkTables('a-job', tables as Tables);

describe('the task of a job', () => {
  it('has half a vCPU and 1 GiB on ARM unless more is asked for', () => {
    expect(resolveTask('a-job')).to.deep.equal({
      ...{ cpu: 512, memoryMb: 1_024, diskGb: 20, architecture: 'arm64', spot: false },
    });
  });

  it('takes the pairs of cpu and memory that Fargate has', () => {
    for (const [cpu, memoryMb] of [
      [256, 512],
      [256, 2_048],
      [1_024, 5_120],
      [4_096, 30_720],
      [8_192, 20_480],
      [16_384, 122_880],
    ])
      expect(resolve({ cpu, memoryMb })()).to.include({ cpu, memoryMb });
  });

  it('refuses all others, saying which there are', () => {
    const memory = /task.memoryMb to be \d+ to \d+ in steps of \d+, which is what Fargate has for cpu \d+, got /;
    for (const [cpu, memoryMb] of [
      [256, 4_096],
      [256, 1_536],
      [512, 512],
      [1_024, 2_500],
      [8_192, 17_408],
      [512, '1024'],
    ])
      expect(resolve({ cpu, memoryMb }), `${cpu} ${memoryMb}`).to.throw(DefinitionError, memory);
    expect(resolve({ cpu: 300 })).to.throw("expected a-job's task.cpu to be one of Fargate's: 256, 512, 1024,");
  });

  it('refuses a disk, an architecture or a spot that is none', () => {
    expect(resolve({ diskGb: 21 })()).to.include({ diskGb: 21 });
    for (const diskGb of [19, 20.5, 201, '30'])
      expect(resolve({ diskGb })).to.throw('task.diskGb to be a whole number from 21 to 200, got');
    expect(resolve({ architecture: 'arm' })).to.throw('task.architecture to be "arm64" or "x64", got "arm"');
    expect(resolve({ spot: 'yes' })).to.throw('task.spot to be true or false, got "yes"');
  });

  it('may touch tables that have names, to read or to write', () => {
    check({ cities: 'write', 'exchange-rates': 'read' })();
    expect(check({ no: 'read' })).to.throw(DefinitionError, "expected a-job's tables to have names of 3 to 255");
    expect(check({ cities: 'all' })).to.throw(`a-job's tables.cities to be "read" or "write", got "all"`);
  });
});
