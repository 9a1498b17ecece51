/**
 * Checks that each secret that jobs declare is where the settings say.
 *
 * Guarantees: no value is ever asked for: of a secret and of a parameter only what describes it.
 */
import type { CheckGround } from './check.ts';
import { look } from './look.ts';

/** By the name of the variable. */
export function neededSecrets({ jobs, settings }: CheckGround): ReadonlyMap<string, string | undefined> {
  const { secrets, datadog, admin } = settings;
  return new Map([
    ...jobs.flatMap((job) => job.secrets.map((name): [string, string | undefined] => [name, secrets[name]])),
    ...Object.entries(secrets),
    ['datadog.apiKey', datadog.apiKey],
    ...Object.entries<string | undefined>(admin ?? {})
      .filter(([, value]) => isSecretArn(value))
      .map(([name, value]): [string, string | undefined] => [`admin.${name}`, value]),
  ]);
}

function isSecretArn(text: string | undefined): boolean {
  return text !== undefined && /^arn:[\w-]+:(secretsmanager|ssm):/.test(text);
}

export async function checkSecret(name: string, arn: string | undefined, ground: CheckGround): Promise<void> {
  const { differences } = ground;
  const what = `secret ${name}`;
  if (arn === undefined) return differences.add(what, 'an ARN in the settings', 'none');
  const state = await (arn.split(':')[2] === 'ssm' ? parameterState(arn, ground) : secretState(arn, ground));
  if (state !== 'there') differences.add(what, 'one in the account', state);
}

async function secretState(arn: string, { clients, signal }: CheckGround): Promise<string> {
  const client = await clients.secrets();
  // ECS takes a key within the secret after its ARN: `…:secret:name-AbCdEf:key::`.
  const SecretId = arn.split(':').slice(0, 7).join(':');
  const found = await look(() => client.describeSecret({ SecretId }, { abortSignal: signal }));
  if (found === undefined) return 'none';
  return found.DeletedDate === undefined ? 'there' : 'one that is to be deleted';
}

async function parameterState(arn: string, { clients, signal }: CheckGround): Promise<string> {
  const client = await clients.ssm();
  const path = arn.slice(arn.indexOf(':parameter/') + ':parameter'.length);
  // An ARN has a slash before all names, those without one too.
  const Values = path.lastIndexOf('/') === 0 ? [path.slice(1), path] : [path];
  const { Parameters = [] } = await client.describeParameters(
    { ParameterFilters: [{ Key: 'Name', Option: 'Equals', Values }] },
    { abortSignal: signal },
  );
  return Parameters.length > 0 ? 'there' : 'none';
}
