/**
 * The containers beside the job: Datadog's agent for metrics and traces, and the log router (FireLens, Fluent Bit).
 *
 * Neither is essential: when one of them fails, the job goes on. When the job ends, ECS ends them at once, which is why the job
 * waits a little at its end, and why the agent is told to send what it has.
 */
import type { Value } from './cloudformation.ts';
import type { Plan } from './plan.ts';

export const agentContainer = 'datadog-agent';
export const routerContainer = 'log-router';

/** Pinned: a task that starts at night is not to be the first with a new agent. */
export const sidecarImages = {
  agent: 'public.ecr.aws/datadog/agent:7.84.6',
  router: 'public.ecr.aws/aws-observability/aws-for-fluent-bit:3.4.14',
} as const;

/**
 * Whether the router takes lines: FireLens puts an input on port 8877 into its configuration for this. The images of version 3
 * have curl and no nc. Only a refused connection (7) is unhealthy: a check that does not work must not keep jobs from starting.
 */
export const routerCheck = `echo '{"health": "check"}' | curl -s -m 0.5 telnet://127.0.0.1:8877; [ $? -ne 7 ]`;

export function sidecarDefinitions({ settings, place }: Plan, logs: Value): readonly Value[] {
  const { datadog, sidecars } = settings;
  const agent = {
    Name: agentContainer,
    Image: sidecars.agent ?? sidecarImages.agent,
    Essential: false,
    Environment: [
      { Name: 'ECS_FARGATE', Value: 'true' },
      { Name: 'DD_SITE', Value: datadog.site },
      { Name: 'DD_ENV', Value: place.stage },
      { Name: 'DD_APM_ENABLED', Value: 'true' },
      // A task has no host: counts of two at once, as of shards, would be one series with the same tags, and the last one would stand.
      // With this each has its task_arn (DataDog/datadog-agent#3159).
      { Name: 'DD_DOGSTATSD_TAG_CARDINALITY', Value: 'orchestrator' },
      // Else the last ten seconds of a run are left out.
      { Name: 'DD_DOGSTATSD_FLUSH_INCOMPLETE_BUCKETS', Value: 'true' },
      { Name: 'DD_AGGREGATOR_STOP_TIMEOUT', Value: '5' },
      { Name: 'DD_FORWARDER_STOP_TIMEOUT', Value: '10' },
    ],
    Secrets: [{ Name: 'DD_API_KEY', ValueFrom: datadog.apiKey }],
    HealthCheck: { Command: ['CMD-SHELL', '/probe.sh'], Interval: 30, Timeout: 5, Retries: 3, StartPeriod: 15 },
    LogConfiguration: logs,
  };
  const router = {
    Name: routerContainer,
    Image: sidecars.router ?? sidecarImages.router,
    Essential: false,
    User: '0',
    // Its parser of JSON takes Apache's times alone, and would warn of each line's.
    Environment: [{ Name: 'FLB_LOG_LEVEL', Value: 'error' }],
    FirelensConfiguration: {
      Type: 'fluentbit',
      Options: {
        'enable-ecs-log-metadata': 'true',
        'config-file-type': 'file',
        // Each line of the job is JSON: its fields become fields in Datadog.
        'config-file-value': '/fluent-bit/configs/parse-json.conf',
      },
    },
    HealthCheck: {
      Command: ['CMD-SHELL', routerCheck],
      Interval: 5,
      Timeout: 2,
      Retries: 6,
      StartPeriod: 5,
    },
    // Without it a job whose router never gets healthy is pending for three hours, and no event tells of it; the most that Fargate has.
    StartTimeout: 120,
    LogConfiguration: logs,
  };
  return [agent, router];
}
