import { isPlatformError, PlatformError } from '../errors.ts'
import { isJsonObject, numberOf, type JsonObject } from '../model/json.ts'
import type { EntityStore } from './entity-store.ts'

/** Kept with the entities, in no listing: which number belongs to which name, and how many were ever in use. */
const DOCUMENT = 'whisk.system/invokerNumbers'
const ATTEMPTS = 100

interface Numbers {
  readonly byName: Map<string, number>
  /** Every number in use, or that was, is below it. */
  bound: number
}

/**
 * The number of the invoker called `uniqueName`: the one it had, or the least that no name has. Invokers that start at
 * the same time get different ones, since the store accepts one of two concurrent writes.
 * @throws ERR_UNAVAILABLE the store did not answer.
 */
export function assignInvokerId(store: EntityStore, uniqueName: string): Promise<number> {
  return change(store, (numbers) => {
    const { byName } = numbers
    const known = byName.get(uniqueName)
    if (known !== undefined) return { isNew: false, result: known }
    const taken = new Set(byName.values())
    let number = 0
    while (taken.has(number)) number++
    byName.set(uniqueName, number)
    return { isNew: true, result: number }
  })
}

/**
 * Notes that the number is in use. An invoker does so before it says that it lives: a controller that it never spoke to
 * knows then that there may be something in its topic.
 * @throws ERR_UNAVAILABLE the store did not answer.
 */
export function noteInvokerId(store: EntityStore, id: number): Promise<void> {
  return change(store, (numbers) => {
    const isNew = id >= numbers.bound
    if (isNew) numbers.bound = id + 1
    return { isNew, result: undefined }
  })
}

/**
 * Every number that an invoker has, or had, is below this one.
 * @throws ERR_UNAVAILABLE the store did not answer.
 */
export async function invokerIdBound(store: EntityStore): Promise<number> {
  return numbersIn((await store.get(DOCUMENT))?.document).bound
}

async function change<T>(
  store: EntityStore,
  edit: (numbers: Numbers) => { readonly isNew: boolean; readonly result: T },
): Promise<T> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await store.get(DOCUMENT)
    const numbers = numbersIn(stored?.document)
    const { isNew, result } = edit(numbers)
    if (!isNew) return result
    const { byName, bound } = numbers
    try {
      const document = { entityType: 'invokerNumbers', numbers: Object.fromEntries(byName), bound }
      await store.put(DOCUMENT, document, stored ? { revision: stored.revision } : {})
      return result
    } catch (error) {
      // Somebody else wrote at the same time.
      if (!isPlatformError(error, 'ERR_CONFLICT')) throw error
    }
  }
  throw new PlatformError('ERR_UNAVAILABLE', 'numbers of invokers: others kept being faster to write them')
}

function numbersIn(document: JsonObject | undefined): Numbers {
  const named = document?.['numbers']
  const byName = new Map(
    Object.entries(isJsonObject(named) ? named : {}).flatMap(([name, value]): [string, number][] => {
      const number = numberOf(value)
      return number === undefined ? [] : [[name, number]]
    }),
  )
  return {
    byName,
    bound: Math.max(0, ...[...byName.values()].map((number) => number + 1), numberOf(document?.['bound']) ?? 0),
  }
}
