/** Checks that a role that the account's own definitions name is still there. */
import type { CheckGround } from './check.ts';
import { look } from './look.ts';
import { lastPart } from './task-state.ts';

export async function checkRole(arn: string, { clients, differences, signal }: CheckGround): Promise<void> {
  const RoleName = lastPart(arn);
  const iam = await clients.iam();
  const found = await look(() => iam.getRole({ RoleName }, { abortSignal: signal }));
  if (found === undefined) differences.add(`role ${RoleName}`, 'one', 'none');
}
