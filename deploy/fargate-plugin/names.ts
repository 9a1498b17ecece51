/** What things are called in the account. One function a thing, for the template and for the commands that look things up. */

export interface Place {
  /** Of the Serverless configuration: `stint`. */
  readonly service: string;
  readonly stage: string;
}

/** The container that the job runs in: its exit code is the run's. */
export const appContainer = 'app';

export function clusterName({ service, stage }: Place): string {
  return `${service}-${stage}`;
}

/** Of its task definitions, and the name of its schedule or rule; at most 64 characters. */
export function familyName({ service, stage }: Place, job: string): string {
  return `${service}-${stage}-${job}`;
}

/** `poll-payment-status` is `PollPaymentStatus` in names of CloudFormation. */
export function logicalName(job: string): string {
  return job
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
