/**
 * Stands in for the admin's server: the same environment, the same lines, the same end. Shows its environment, which is what
 * a test of its start is about. STINT_ADMIN_STAND_IN has it misbehave:
 *
 *   dies-at-once   it ends before it listens     deaf         it does not listen to SIGTERM
 *   never-listens  it says nothing               dies-later   it ends when it is asked for /die
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { openLog } from '@stint/sdk';
import { environment } from '../environment.ts';

const log = openLog(process.stdout);
const { PORT = '8080', HOST = '127.0.0.1', STINT_ADMIN_STAND_IN: misbehaves } = environment;

if (misbehaves === 'dies-at-once') {
  log.error('expected STINT_ADMIN_TOKENS to be a list, got something else');
  process.exit(78);
}
let signals = 0;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    signals += 1;
    log.info('told to end', { signal: name, signals });
    if (misbehaves === 'deaf') return;
    server.close();
    server.closeAllConnections();
    clearInterval(busy);
  });
}
const busy = setInterval(() => {}, 1_000);
const server = createServer((request, response) => {
  if (request.url === '/die') process.exit(3);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(environment));
});
if (misbehaves === 'never-listens') {
  log.info('not listening');
} else {
  server.listen(Number(PORT), HOST);
  try {
    await once(server, 'listening');
    const address = server.address();
    log.info('listening', { url: `http://${HOST}:${typeof address === 'object' ? address?.port : ''}` });
  } catch (error) {
    log.error(`expected port ${PORT} to be free`, { error });
    process.exit(1);
  }
}
