/** Something that takes a while, for whoever shows that it goes on. */
export interface Waiting extends Disposable {
  /** How far it is: `120 of 430 MB`. */
  tell(detail: string): void;
}

/** Begins one, which ends when it is disposed; `what` says what is waited for. */
export type OnWait = (what: string) => Waiting;

/** Shows it to nobody. */
export const waitUnseen: OnWait = () => ({ tell() {}, [Symbol.dispose]() {} });
