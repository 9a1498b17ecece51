/** A program that owns a stack of containers, for tests to kill: `node containers-owner.ts <environment as JSON>`. Says when it is up, or what goes on until then. */
import { startContainersStack } from '../containers-stack.ts';

const [, , environment = '{}'] = process.argv;
const started = await startContainersStack({
  environment: JSON.parse(environment),
  onStatus: (line) => console.log(line),
});
console.log(`up: ${started.postgresUrl}`);
setInterval(() => {}, 60_000);
