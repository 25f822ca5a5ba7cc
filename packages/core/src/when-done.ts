import { isPromise, type MaybePromise } from './lifecycle.ts'

/** Goes on with the value: at once where it is there, without a promise. */
export function whenDone<T, R>(value: MaybePromise<T>, goOn: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromise(value) ? value.then(goOn) : goOn(value)
}
