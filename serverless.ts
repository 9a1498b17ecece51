/** So that `npx serverless` works here, too: Serverless looks for its configuration where it is started. */
export { default } from './deploy/serverless.ts';
