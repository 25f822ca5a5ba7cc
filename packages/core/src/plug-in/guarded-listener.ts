import { watchPromise, type OnFault } from './first-fault.ts'

/** A listener that neither throws nor leaves a rejected promise behind. */
export function guardedListener<E>(listener: (event: E) => unknown, onFault: OnFault): (event: E) => void {
  return (event) => {
    try {
      const outcome = listener(event)
      if (outcome !== undefined) watchPromise(outcome, onFault)
    } catch (err) {
      onFault(err)
    }
  }
}

/** The observer with each method that it has guarded; what it does not have stays absent, so that nothing is told. */
export function guardedObserver<O extends object>(
  observer: O,
  methods: Readonly<Record<keyof O & string, true>>,
  onFault: OnFault,
): O {
  const guarded: Record<string, unknown> = {}
  for (const name of Object.keys(methods)) {
    const method: unknown = Reflect.get(observer, name)
    if (typeof method !== 'function') continue
    guarded[name] = guardedListener(method.bind(observer) as (event: unknown) => unknown, onFault)
  }
  return guarded as O
}
