/**
 * The files of the pages: style and script, as they are.
 *
 * Guarantees: only files that are there when the process starts are served, by their names; nothing else of the disk can be reached.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'koa';
import { AdminError } from '../admin-error.ts';

const directory = join(import.meta.dirname, '..', 'assets');
const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

interface Asset {
  readonly type: string;
  readonly content: Buffer;
  readonly etag: string;
}

const assets: ReadonlyMap<string, Asset> = new Map(
  readdirSync(directory).flatMap((name) => {
    const type = types[name.split('.').at(-1) ?? ''];
    if (type === undefined) return [];
    const content = readFileSync(join(directory, name));
    return [[name, { type, content, etag: `"${createHash('sha256').update(content).digest('base64url')}"` }]];
  }),
);

export function serveAsset(ctx: Context): void {
  const asset = assets.get(String(ctx.params.name));
  if (asset === undefined) throw new AdminError(404, 'there is no such file');
  ctx.set({ 'content-type': asset.type, etag: asset.etag, 'cache-control': 'public, max-age=0, must-revalidate' });
  ctx.status = 200;
  if (ctx.fresh) ctx.status = 304;
  else ctx.body = asset.content;
}
