/** Every job there is. Schedules, routes, the command line and the deployment are made from this list. */
import type { Job } from '@stint/sdk';
import pollPaymentStatus from './poll-payment-status/job.ts';
import publishCities from './publish-cities/job.ts';
import syncExchangeRates from './sync-exchange-rates/job.ts';

export const jobs: readonly Job[] = [pollPaymentStatus, publishCities, syncExchangeRates];
