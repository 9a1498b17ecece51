/**
 * The Lambda function as one text of plain JavaScript, of this folder's files: Lambda loads no TypeScript.
 *
 * Types are taken out by Node itself, which needs Node 22.13 or later; nothing is bundled and nothing is fetched. The function has no dependency but the AWS SDK in Lambda's runtime (`nodejs24.x`), handler
 * `index.handler`.
 */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

/** In the order in which they are joined: each needs only those before it. They share one scope: no two may declare the same name. */
const parts = ['to-task-stopped.ts', 'post-count.ts', 'api-key.ts', 'handler.ts'];

/**
 * `module`: an ES module, `index.mjs` of a zip archive.
 * `commonjs`: for `Code.ZipFile` of `AWS::Lambda::Function`, out of which CloudFormation makes `index.js`, a CommonJS module.
 */
export type CodeFormat = 'module' | 'commonjs';

export function taskStoppedCode(format: CodeFormat = 'module'): string {
  const head = format === 'commonjs' ? "'use strict';" : '';
  const opening = format === 'commonjs' ? 'exports.handler =' : 'export const handler =';
  // Of Lambda's process, not of this one.
  const handler = `const { env, stdout } = process;
${opening} taskStoppedHandler({ environment: env, write: (line) => stdout.write(line) });`;
  const code = `${[head, ...parts.map(readPart), handler].join('\n').trim()}\n`;
  // Lambda's own modules are on NODE_PATH, where `require` looks for sure.
  return format === 'commonjs' ? code.replaceAll('await import(', 'require(') : code;
}

function readPart(name: string): string {
  const plain = withoutTypes(readFileSync(new URL(name, import.meta.url), 'utf8'))
    .replace(/^import [^;]*? from '\.\/[^']+';/gm, '')
    .replace(/^export /gm, '')
    .replace(/^\/\*\*[\s\S]*?\*\/$/m, `// ${name.replace('.ts', '')}`)
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n');
  // In Lambda it would be missing.
  if (/^import\b/m.test(plain))
    throw new Error(`expected ${name} to import only files of the function, got another import`);
  return plain.trim();
}

/** Without Node's word that this is experimental: whoever packages can do nothing about it. */
function withoutTypes(typescript: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(typescript);
  } finally {
    process.emitWarning = emitWarning;
  }
}
