/**
 * The account that PostgreSQL runs as. PostgreSQL refuses root, so when we are root it runs as `postgres` or else
 * `nobody`, whichever /etc/passwd has. No account is made, and nothing but data folders changes owner.
 */
import { lstatSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { StackError } from './stack-error.ts';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Undefined when we are not root: PostgreSQL then runs as we do. */
export function findServerAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = parsePasswd(readFileSync('/etc/passwd', 'utf8'));
  const account = accounts.get('postgres') ?? accounts.get('nobody');
  if (account !== undefined && account.uid !== 0) return account;
  throw new StackError(
    'STINT_STACK_NO_ACCOUNT',
    'expected an account `postgres` or `nobody` in /etc/passwd, because PostgreSQL does not run as root, got neither; ' +
      'run as another user, or add one of the two',
  );
}

/** Whether the account may pass through every folder down to `path`. Access lists are not looked at. */
export function canReach({ uid, gid }: Account, path: string): boolean {
  const passBit = (stat: Stats): number => {
    if (stat.uid === uid) return 0o100;
    return stat.gid === gid ? 0o010 : 0o001;
  };
  for (let folder = realpathSync(path); ; folder = dirname(folder)) {
    const stat = lstatSync(folder);
    if ((stat.mode & passBit(stat)) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

function parsePasswd(text: string): Map<string, Account> {
  const accounts = new Map<string, Account>();
  for (const line of text.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    // macOS writes -2 for nobody.
    if (name && uid && gid) accounts.set(name, { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 });
  }
  return accounts;
}
