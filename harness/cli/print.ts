/** Results, which are all that goes to stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
