/**
 * What lets the admin start the jobs, in policies of their own: what is written into a role has 10,240 characters at most, and some
 * thirty jobs need more.
 */
import { type Resources, ref } from './cloudformation.ts';
import type { Plan } from './plan.ts';
import { policyDocument } from './role.ts';
import { mayStart } from './start-role.ts';

/** With the longest names that there are, so many fit into the 6,144 characters of a policy; a role takes ten policies. */
const jobsInOne = 15;

/** `roleId`: the logical id of the admin's task role. */
export function adminStarts(plan: Plan, roleId: string): Resources {
  const names = plan.jobs.map(({ name }) => name);
  const made: [string, Resources[string]][] = [];
  for (let index = 0; index < names.length; index += jobsInOne) {
    const PolicyDocument = policyDocument(mayStart(plan, names.slice(index, index + jobsInOne)));
    const Properties = { Roles: [ref(roleId)], PolicyDocument };
    made.push([`AdminServiceStarts${made.length + 1}`, { Type: 'AWS::IAM::ManagedPolicy', Properties }]);
  }
  return Object.fromEntries(made);
}
