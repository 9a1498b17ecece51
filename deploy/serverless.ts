/**
 * What is deployed, for the Serverless framework (osls 4): the jobs of the registry, by `fargate-plugin/`.
 *
 *   npx serverless package --stage <stage> --param image=<repository>@sha256:<digest>
 *
 * in the root of the repository or here. A stage is a file: `stages/<stage>.json`, which holds `fargate-plugin/settings.ts`.
 */
import { relative } from 'node:path';
import type { AWS } from 'serverless';
import { defaultRegion } from './fargate-plugin/names.ts';

type Region = NonNullable<AWS['provider']['region']>;

// Serverless looks for files from where it was started.
const here = relative(process.cwd(), import.meta.dirname) || '.';

const variable = (text: string) => `\${${text}}`;
const stage = variable('sls:stage');

export default {
  service: 'stint',
  configValidationMode: 'error',
  plugins: ['@stint/deploy/fargate-plugin/index.ts'],
  provider: {
    name: 'aws',
    stage: variable("opt:stage, 'dev'"),
    region: variable(`opt:region, self:custom.fargate.region, '${defaultRegion}'`) as Region,
    stackTags: { service: 'stint', stage },
  },
  custom: {
    fargate: variable(`file(${here}/stages/${stage}.json), null`),
    image: variable("param:image, ''"),
  },
} satisfies AWS;
