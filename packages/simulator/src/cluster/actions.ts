import type { JsonObject } from '@stemcell/core'

/** Actions of each namespace; the name says what is special about one. */
export const ACTIONS: readonly (readonly [name: string, limits: JsonObject])[] = [
  ['small', { memory: 128, timeout: 2_000 }],
  ['middle', { memory: 256, timeout: 2_000, logs: 0 }],
  ['large', { memory: 512, timeout: 4_000 }],
  ['shared', { memory: 256, timeout: 3_000, concurrency: 2 }],
  ['again', { memory: 128, timeout: 2_000 }],
  ['few', { memory: 128, timeout: 1_000, instances: 1 }],
]

/** The action that is changed and deleted while it is invoked. */
export const FLEETING = 'fleeting'

/** The action that says which one comes next. */
export const CONDUCTOR = 'conducts'

/** Sequences, with the actions that they are made of. */
export const SEQUENCES: ReadonlyMap<string, readonly string[]> = new Map([
  ['row', ['small', 'again', 'small']],
  ['rows', ['small', 'row']],
  ['fragile', ['small', FLEETING, 'small']],
])

/** Containers that actions may have on an invoker, where that is bounded. */
export const INSTANCES: ReadonlyMap<string, number> = new Map([['few', 1]])

/** Actions that are annotated as repeatable. */
export const REPEATABLE: readonly string[] = ['again']

/** What a conductor asks for, step by step; after the last it has done. */
const STEPS = ['small', 'row', 'again']

/** What the code of the conductor answers to a call of `/run`; undefined for other actions. */
export function conductorAnswer(body: string): string | undefined {
  if (!body.includes(`/${CONDUCTOR}"`)) return undefined
  const { value } = JSON.parse(body) as { readonly value: { readonly step?: number } }
  const { step = 0 } = value
  const action = STEPS[step]
  return JSON.stringify(
    action === undefined ? { params: { done: true } } : { action, params: {}, state: { step: step + 1 } },
  )
}
