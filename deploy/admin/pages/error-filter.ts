/** What failed items are asked for by. */

/** Of `HttpError STINT_HTTP_500`, as a summary counts them, the code; of an error without a code its name. */
export function filterOf(nameAndCode: string): string {
  return nameAndCode.trimEnd().split(' ').at(-1) ?? nameAndCode;
}
