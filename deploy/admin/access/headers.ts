/**
 * The security headers of every answer.
 *
 * Koa drops all headers from an error that reaches it: what turns errors into answers has to run inside of this.
 * HSTS is sent over https only, which behind a proxy is known when `app.proxy` is true.
 */
import type { Middleware } from 'koa';

export interface SecurityHeadersOptions {
  /** Paths below this are files that a browser may keep, as their route says. @default '/admin/assets/' */
  readonly assets?: string;
}

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Nobody may use these here: the list of those who may is empty. */
const deniedFeatures = [
  'accelerometer',
  'autoplay',
  'camera',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'usb',
  'xr-spatial-tracking',
];

const always = {
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': deniedFeatures.map((feature) => `${feature}=()`).join(', '),
};

export function securityHeaders({ assets = '/admin/assets/' }: SecurityHeadersOptions = {}): Middleware {
  return async (ctx, next) => {
    ctx.set(always);
    if (ctx.secure) ctx.set('Strict-Transport-Security', 'max-age=31536000');
    const isAsset = ctx.path.startsWith(assets);
    // Before, so that it holds for what is streamed too.
    if (!isAsset) ctx.set('Cache-Control', 'no-store');
    await next();
    if (isAsset && ctx.status >= 400 && !ctx.headerSent) ctx.set('Cache-Control', 'no-store');
  };
}
