/**
 * What Slack is told at the end of a run: what a person on call needs, in five lines of Block Kit.
 *
 *   status · counts · duration against the last runs · errors · who, what, where to look
 *
 * Guarantees: fits Slack's limits (150 characters a header, 3,000 a text, 50 blocks); text of others is shown and never
 * read (`slack-text.ts`); no item's key, and no secret that is known or looks like one. Pure: same facts, same message.
 */
import type { Job } from '../job.ts';
import { formatShard } from '../shard.ts';
import type { Summary } from '../summary.ts';
import type { DescribedError } from './describe-error.ts';
import { OwnSecrets } from './own-secrets.ts';
import { redactText } from './redact-text.ts';
import { formatCount, formatMs, formatNumber } from './run-report/words.ts';
import { medianOf } from './runs-like.ts';
import { slackCode, slackLink, slackPlain } from './slack-text.ts';
import { howMuchLonger } from './slack-words.ts';

export interface SlackMessage {
  /** For notifications, and clients that show no blocks. */
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
}

export type SlackBlock =
  | { readonly type: 'header'; readonly text: { readonly type: 'plain_text'; readonly text: string } }
  | { readonly type: 'section'; readonly text: SlackMrkdwn }
  | { readonly type: 'context'; readonly elements: readonly SlackMrkdwn[] };

/** `verbatim`: Slack makes no links and calls nobody by itself. */
export interface SlackMrkdwn {
  readonly type: 'mrkdwn';
  readonly text: string;
  readonly verbatim: true;
}

export interface SlackPlace {
  /** Which environment it was: `production`. @default not told */
  readonly environment?: string | undefined;
  /** Where to look; what is no address of the web is left out. @default none */
  readonly links?: { readonly run?: string | undefined; readonly logs?: string | undefined };
  /** Values that must not be shown. @default none */
  readonly secrets?: readonly string[];
}

export interface SlackFacts extends SlackPlace {
  readonly summary: Summary;
  /** How long the last runs like it took, in ms: `durationsOfRunsLike`. @default none */
  readonly earlierMs?: readonly number[];
}

/** A run that could not begin, and so has no summary. */
export interface SlackRefusal extends SlackPlace {
  readonly job: string;
  readonly error: DescribedError;
}

const signs: Readonly<Record<Summary['status'], string>> = {
  succeeded: '✅',
  failed: '❌',
  interrupted: '⏸️',
  cancelled: '🛑',
  refused: '⛔',
};
// Slack may read mark-up in a headline: it holds names, and nothing that could be any.
const notOfNames = /[&<>@#*~`|\n]+/g;
const longestHeader = 150;
const longestError = 400;
const longestName = 120;
const longestScope = 300;
const shownErrors = 3;
const shownOfCommit = 12;

/**
 * Whether a run that ended so is told of. No problem is one that ended with 0, which needs nobody's look (`exit-codes.ts`), and
 * one that was refused: another is at work, and whoever started this one by hand was told.
 */
export function isToBeTold(notify: Job['notify'], { status, exitCode }: Pick<Summary, 'status' | 'exitCode'>): boolean {
  return notify === 'always' || (notify === 'problems' && exitCode !== 0 && status !== 'refused');
}

export function slackMessage(facts: SlackFacts): SlackMessage {
  const { summary, environment } = facts;
  const { job, status, dryRun } = summary;
  const headline = [`${signs[status]} ${job} ${status}`, dryRun && 'dry run, nothing was written', environment];
  const lines = [countsLine(summary), durationLine(facts), errorsLine(facts)];
  return toMessage(headline, lines, [whoText(facts), ...linksOf(facts)]);
}

export function slackRefusal(refusal: SlackRefusal): SlackMessage {
  const { job, error, environment } = refusal;
  const name = slackCode(nameOf(error), longestName);
  // Names of secrets with a word after them look like secrets; this one shows no value.
  const message = error.code === 'STINT_BAD_ENVIRONMENT' ? error.message : shown(refusal, error.message);
  const lines = [`${name}: ${slackCode(asOneLine(message), longestError)}`];
  return toMessage([`${signs.failed} ${job} did not start`, environment], lines, linksOf(refusal));
}

type Words = readonly (string | false | undefined)[];

function toMessage(headline: Words, lines: Words, context: Words): SlackMessage {
  const header = slackPlain(headline.filter(Boolean).join(' · ').replace(notOfNames, '?'), longestHeader);
  const text = lines.filter(Boolean).join('\n');
  const about = context.filter(Boolean).join(' · ');
  return {
    text: header,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: header } },
      ...(text === '' ? [] : [{ type: 'section', text: mrkdwn(text) } as const]),
      ...(about === '' ? [] : [{ type: 'context', elements: [mrkdwn(about)] } as const]),
    ],
  };
}

function mrkdwn(text: string): SlackMrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

function countsLine({ status, items, wouldWrite, dryRun }: Summary): string | undefined {
  if (status === 'refused') return undefined;
  const { read, succeeded, skipped, failed, quarantined, remaining } = items;
  const outcomes = Object.entries({ succeeded, skipped, failed, quarantined, remaining });
  const told = outcomes.flatMap(([name, count]) => (count === 0 ? [] : [`${formatNumber(count)} ${name}`]));
  const writes = Object.values(wouldWrite).reduce((sum, count) => sum + count, 0);
  return [
    `*${formatNumber(read)}* read${told.length === 0 ? '' : `: ${told.join(', ')}`}`,
    dryRun && `would have written ${formatNumber(writes)}`,
  ]
    .filter(Boolean)
    .join('; ');
}

function durationLine({ summary, earlierMs = [] }: SlackFacts): string | undefined {
  const { status, durationMs, rate } = summary;
  if (status === 'refused') return undefined;
  const took = `took *${formatMs(durationMs)}*, ${formatNumber(rate.itemsPerSecond)} items/s`;
  const median = medianOf(earlierMs);
  if (median === undefined) return took;
  const runs =
    earlierMs.length === 1 ? 'the last run like it' : `the median of the last ${earlierMs.length} runs like it`;
  return `${took}; ${howMuchLonger(durationMs, median)} ${runs}, ${formatMs(median)}`;
}

function errorsLine(facts: SlackFacts): string | undefined {
  const { error, failures, failuresByError } = facts.summary;
  const most = Object.entries(failuresByError).sort(([, a], [, b]) => b - a);
  const counted = most
    .slice(0, shownErrors)
    .map(([name, count]) => `${slackCode(shown(facts, name), longestName)} × ${formatNumber(count)}`);
  const more = most.length > shownErrors ? [`${formatNumber(most.length - shownErrors)} other kinds`] : [];
  const [first] = failures;
  const example = first === undefined ? [] : [slackCode(asOneLine(shown(facts, first.message)), longestError)];
  const own =
    error === null
      ? []
      : [
          `${slackCode(nameOf(error), longestName)}: ${slackCode(asOneLine(shown(facts, error.message)), longestError)}`,
        ];
  const items = [[...counted, ...more].join(', '), ...example].filter(Boolean).join(', as in ');
  return [...own, items].filter(Boolean).join('; items: ') || undefined;
}

function whoText(facts: SlackFacts): string {
  const { trigger, scope, shard, limit, runId, attempt, version, redriveOf } = facts.summary;
  const { kind, by, scheduledTime } = trigger;
  const who = by === undefined || kind === 'schedule' ? '' : ` by ${slackCode(shown(facts, by), longestName)}`;
  const due = scheduledTime === undefined ? '' : ` for ${slackCode(scheduledTime, longestName)}`;
  const text = JSON.stringify(scope);
  const what = text === '{}' ? 'everything' : `scope ${slackCode(shown(facts, text), longestScope)}`;
  return [
    `${kind}${who}${due}`,
    what,
    shard !== undefined && `shard ${formatShard(shard)}`,
    limit !== undefined && `at most ${formatCount(limit, 'item')}`,
    redriveOf !== null && `redrive of ${slackCode(redriveOf.runId, longestName)}`,
    `run ${slackCode(runId, longestName)}${attempt > 1 ? `, attempt ${attempt}` : ''}`,
    version.commit !== null && `commit ${slackCode(version.commit.slice(0, shownOfCommit), longestName)}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

function linksOf({ links: { run, logs } = {} }: SlackPlace): Words {
  return [run && slackLink(run, 'Run'), logs && slackLink(logs, 'Logs')];
}

function nameOf({ name, code }: DescribedError): string {
  return code === '' ? name : `${name} ${code}`;
}

/** Lists of problems have a line for each. */
function asOneLine(message: string): string {
  return message.trim().replace(/(:?)\s*\n\s*/g, (_, colon: string) => (colon === '' ? '; ' : ': '));
}

function shown({ secrets = [] }: SlackPlace, text: string): string {
  return redactText(new OwnSecrets(secrets).blank(text));
}
