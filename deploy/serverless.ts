/**
 * What is deployed, for the Serverless framework (osls 4): the jobs of the registry, by `fargate-plugin/`.
 *
 *   npx serverless package --stage <stage> --param image=<repository>@sha256:<digest>
 *
 * in this folder, where Serverless looks for it; `npm run serverless -- package …` anywhere else. A stage is a file: `stages/<stage>.json`, which holds `fargate-plugin/settings.ts`.
 */
import type { AWS } from 'serverless';
import { defaultRegion } from './fargate-plugin/names.ts';

type Region = NonNullable<AWS['provider']['region']>;

const variable = (text: string) => `\${${text}}`;
const stage = variable('sls:stage');

export default {
  service: 'stint',
  configValidationMode: 'error',
  plugins: ['./fargate-plugin/index.ts'],
  provider: {
    name: 'aws',
    stage: variable("opt:stage, 'dev'"),
    region: variable(`opt:region, self:custom.fargate.region, '${defaultRegion}'`) as Region,
    stackTags: { service: 'stint', stage },
  },
  custom: {
    fargate: variable(`file(./stages/${stage}.json), null`),
    image: variable("param:image, ''"),
  },
} satisfies AWS;
