import { expect } from 'chai';
import { describe, it } from 'mocha';
import { taskStoppedHandler } from './handler.ts';
import { type Answer, answers, startFake } from './testing/fake-intake.ts';
import { type EcsEvent, readEvent } from './testing/read-event.ts';

const arn = 'arn:aws:secretsmanager:us-west-2:111122223333:secret:datadog-AbCdEf';
const key = '0123456789abcdef-canary-of-the-key';

interface WorldOptions {
  readonly datadog?: Answer;
  readonly secrets?: Answer;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** How much of the invocation's time is left. */
  readonly remainingMs?: number;
}

/** Gives back what was there before. */
function setEnvironment(values: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, values);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

/** The function between both fakes. The AWS SDK finds its own through the process's environment, as in Lambda. */
async function setup({ datadog = answers.take, secrets = answers.secret(key), ...options }: WorldOptions = {}) {
  const closes = new AsyncDisposableStack();
  const intake = closes.use(await startFake(datadog));
  const manager = closes.use(await startFake(secrets));
  closes.defer(
    setEnvironment({
      AWS_ENDPOINT_URL: manager.url,
      AWS_REGION: 'us-west-2',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    }),
  );
  const lines: string[] = [];
  const environment = {
    DD_API_KEY_SECRET_ARN: arn,
    DD_API_URL: intake.url,
    DD_ENV: 'test',
    STINT_FAMILY_PREFIX: 'stint-test-',
    ...options.environment,
  };
  const handler = taskStoppedHandler({ environment, write: (line) => void lines.push(line) });
  return {
    intake,
    manager,
    lines,
    /** What the last line says. */
    line: () => JSON.parse(lines.at(-1) ?? ''),
    invoke: (event: EcsEvent) => handler(event, { getRemainingTimeInMillis: () => options.remainingMs ?? 10_000 }),
    /** The error that Lambda would get. */
    async fail(event: EcsEvent): Promise<Error> {
      const error = await this.invoke(event).then(
        () => new Error('it was counted'),
        (thrown: Error) => thrown,
      );
      expect(`${error.stack}${lines.join('')}`).to.not.include('canary');
      return error;
    },
    [Symbol.asyncDispose]: () => closes.disposeAsync(),
  };
}

describe('the function that counts tasks that stopped', () => {
  it('posts one count, at the time of the stop, and writes one line', async () => {
    await using world = await setup();
    const event = readEvent('exit-137-out-of-memory');
    event.detail.stoppedAt = new Date(Date.now() - 60_000).toISOString();
    await world.invoke(event);
    const [request] = world.intake.requests;
    expect(world.intake.requests).to.have.length(1);
    expect(request).to.include({ path: '/api/v2/series' });
    expect(request?.headers).to.include({ 'dd-api-key': key, 'content-type': 'application/json' });
    expect(request?.body).to.deep.equal({
      series: [
        {
          metric: 'stint.task_stopped',
          type: 1,
          interval: 1,
          points: [{ timestamp: Math.floor(Date.parse(event.detail.stoppedAt) / 1_000), value: 1 }],
          tags: [
            'task_family:stint-test-poll-payment-status',
            'job:poll-payment-status',
            'exit_code:137',
            'stop_code:EssentialContainerExited',
            'cause:out_of_memory',
            'env:test',
          ],
        },
      ],
    });
    expect(world.lines).to.have.length(1);
    expect(world.line()).to.deep.include({ level: 'info', job: 'poll-payment-status', exitCode: 137, attempts: 1 });
    expect(world.lines.join('')).to.match(/\n$/).and.not.include('canary');
  });

  it('counts an event that comes late as one of now: no alert looks at its time any more', async () => {
    await using world = await setup({ environment: { DD_ENV: undefined } });
    await world.invoke(readEvent('failed-to-start-secret'));
    const [series] = world.intake.requests[0]!.body.series;
    expect(series.points[0].timestamp).to.be.closeTo(Date.now() / 1_000, 30);
    expect(series.tags.slice(2)).to.deep.equal([
      'exit_code:none',
      'stop_code:TaskFailedToStart',
      'cause:failed_to_start',
    ]);
  });

  it('posts the same twice when the event comes twice, and reads the key once', async () => {
    await using world = await setup();
    const event = readEvent('exit-1');
    event.detail.stoppedAt = new Date(Date.now() - 5_000).toISOString();
    for (const _ of [1, 2]) await world.invoke(event);
    const [first, second] = world.intake.requests;
    expect(second?.body).to.deep.equal(first?.body);
    expect(world.manager.requests.map(({ body }) => body)).to.deep.equal([{ SecretId: arn }]);
    expect(world.manager.requests[0]?.headers['x-amz-target']).to.equal('secretsmanager.GetSecretValue');
  });

  it('writes a line and asks nobody when there is nothing to count', async () => {
    await using world = await setup();
    for (const name of ['exit-0', 'sidecar-137', 'other-family']) await world.invoke(readEvent(name));
    expect(world.lines).to.have.length(3);
    expect([...world.intake.requests, ...world.manager.requests]).to.deep.equal([]);
  });

  it('throws what is no event of ECS, with a line', async () => {
    await using world = await setup();
    expect((await world.fail({ source: 'canary' })).message).to.include(
      'expected detail-type to be a text, got nothing',
    );
    expect(world.line()).to.deep.include({ level: 'error' });
  });

  describe('tries again', () => {
    const passing: Readonly<Record<string, Answer>> = {
      500: answers.status(500),
      503: answers.status(503, { 'retry-after': 'Mon, 01 Jan 2024 00:00:00 GMT' }),
      408: answers.status(408),
      'a reset connection': answers.reset,
    };
    for (const [name, answer] of Object.entries(passing)) {
      it(`after ${name}`, async () => {
        await using world = await setup({ datadog: answers.each(answer, answers.take) });
        await world.invoke(readEvent('exit-1'));
        expect(world.line().attempts).to.equal(2);
      });
    }

    it('after 429, as late as it is asked to', async () => {
      await using world = await setup({
        datadog: answers.each(answers.status(429, { 'retry-after': '1' }), answers.take),
      });
      const startMs = performance.now();
      await world.invoke(readEvent('exit-1'));
      expect(performance.now() - startMs).to.be.at.least(990);
    });

    it('four times at most, and then throws', async () => {
      await using world = await setup({ datadog: answers.status(502, { 'retry-after': '0' }) });
      expect((await world.fail(readEvent('exit-1'))).message).to.equal('Datadog answered 502, after 4 attempts');
      expect(world.line()).to.deep.include({ level: 'error', job: 'poll-payment-status', exitCode: 1 });
    });

    it('not when it is asked to wait longer than there is time', async () => {
      await using world = await setup({ datadog: answers.status(429, { 'retry-after': '60' }) });
      const startMs = performance.now();
      expect((await world.fail(readEvent('exit-1'))).message).to.equal('Datadog answered 429; no time is left');
      expect(performance.now() - startMs).to.be.below(5_000);
    });
  });

  for (const kind of ['hang', 'hangInBody'] as const) {
    it(`ends within the time it has when Datadog does not answer (${kind})`, async () => {
      await using world = await setup({ datadog: answers[kind], remainingMs: 2_000 });
      const startMs = performance.now();
      if (kind === 'hang')
        expect((await world.fail(readEvent('exit-1'))).message).to.include('it did not answer in time');
      else await world.invoke(readEvent('exit-1'));
      expect(performance.now() - startMs).to.be.below(2_000);
    });
  }

  it('ends within the time it has when Secrets Manager does not answer', async () => {
    await using world = await setup({ secrets: answers.hang, remainingMs: 1_500 });
    const startMs = performance.now();
    expect((await world.fail(readEvent('exit-1'))).message).to.include('Secrets Manager did not give');
    expect(performance.now() - startMs).to.be.below(1_500);
  });

  describe('does not try again', () => {
    for (const [name, answer] of Object.entries({
      'a bad request': answers.status(400),
      'a redirect': answers.status(308, { location: 'https://elsewhere.example/' }),
      complaints: answers.complain,
    })) {
      it(`after ${name}`, async () => {
        await using world = await setup({ datadog: answer });
        expect((await world.fail(readEvent('exit-1'))).name).to.equal('DatadogError');
        expect(world.intake.requests).to.have.length(1);
      });
    }
  });

  describe('the key', () => {
    it('is read again when Datadog refuses it, as one that was replaced', async () => {
      const datadog = answers.each(answers.take, answers.status(403), answers.take);
      const secrets = answers.each(answers.secret('old'), answers.secret(key));
      await using world = await setup({ datadog, secrets });
      for (const _ of [1, 2]) await world.invoke(readEvent('exit-1'));
      expect(world.intake.requests.map(({ headers }) => headers['dd-api-key'])).to.deep.equal(['old', 'old', key]);
    });

    it('is asked for once more only, when Datadog refuses the new one too', async () => {
      await using world = await setup({ datadog: answers.status(403) });
      expect((await world.fail(readEvent('exit-1'))).message).to.equal('Datadog answered 403');
      expect([world.intake.requests.length, world.manager.requests.length]).to.deep.equal([2, 2]);
    });

    it('may be a member of a secret, named as in a task definition', async () => {
      const secrets = answers.secret(JSON.stringify({ api: ` ${key}\n` }));
      await using world = await setup({ secrets, environment: { DD_API_KEY_SECRET_ARN: `${arn}:api:AWSCURRENT:` } });
      await world.invoke(readEvent('exit-1'));
      expect(world.intake.requests[0]?.headers['dd-api-key']).to.equal(key);
      expect(world.manager.requests[0]?.body).to.deep.equal({ SecretId: arn, VersionStage: 'AWSCURRENT' });
    });

    const unfit: Readonly<Record<string, readonly [Answer, string, string?]>> = {
      'is empty': [answers.secret(' '), "to be Datadog's API key, got nothing"],
      'holds what no header takes': [
        answers.secret('canary\nof it'),
        "to be Datadog's API key, got a text that is none",
      ],
      'has no such member': [answers.secret('{"canary":1}'), 'expected the member api of the secret', `${arn}:api::`],
      'is no JSON': [answers.secret('canary'), 'expected the member api of the secret', `${arn}:api::`],
      'may not be read': [answers.awsError(400, 'AccessDeniedException'), '(AccessDeniedException)'],
    };
    for (const [name, [secrets, message, secretArn = arn]] of Object.entries(unfit)) {
      it(`is told of without its text when the secret ${name}`, async () => {
        await using world = await setup({ secrets, environment: { DD_API_KEY_SECRET_ARN: secretArn } });
        expect((await world.fail(readEvent('exit-1'))).message).to.include(message);
        expect(world.intake.requests).to.deep.equal([]);
      });
    }

    it('is read again after it could not be read', async () => {
      const secrets = answers.each(answers.awsError(400, 'ResourceNotFoundException'), answers.secret(key));
      await using world = await setup({ secrets });
      await world.fail(readEvent('exit-1'));
      await world.invoke(readEvent('exit-1'));
      expect(world.intake.requests).to.have.length(1);
    });
  });

  for (const [name, environment] of Object.entries({
    DD_API_KEY_SECRET_ARN: { DD_API_KEY_SECRET_ARN: 'canary' },
    DD_SITE: { DD_SITE: 'canary/of a path' },
  })) {
    it(`refuses a ${name} that is none`, async () => {
      await using world = await setup({ environment });
      expect((await world.fail(readEvent('exit-1'))).message).to.match(new RegExp(`^expected ${name} to be`));
    });
  }
});
