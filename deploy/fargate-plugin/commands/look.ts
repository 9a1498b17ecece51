/** Looks something up in the account that may not be there. */
import { isMissing } from './aws-problem.ts';

/** Undefined: AWS does not have it. @throws all else that AWS answers */
export async function look<TAnswer>(ask: () => Promise<TAnswer>): Promise<TAnswer | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
