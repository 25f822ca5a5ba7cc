import { isPlatformError, PlatformError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../model/json.ts'
import type { EntityStore } from '../store/entity-store.ts'

/** Kept with the entities, in no listing: which number belongs to which name. */
const DOCUMENT = 'whisk.system/invokerNumbers'
const ATTEMPTS = 100

/**
 * The number of the invoker called `uniqueName`: the one it had, or the least that nobody has. Invokers that start at
 * the same time get different ones, since the store accepts one of two concurrent writes.
 * @throws ERR_UNAVAILABLE the store did not answer.
 */
export async function assignInvokerId(store: EntityStore, uniqueName: string): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const stored = await store.get(DOCUMENT)
    const numbers = numbersIn(stored?.document)
    const known = numbers.get(uniqueName)
    if (known !== undefined) return known
    const taken = new Set(numbers.values())
    let number = 0
    while (taken.has(number)) number++
    numbers.set(uniqueName, number)
    try {
      const document = { entityType: 'invokerNumbers', numbers: Object.fromEntries(numbers) }
      await store.put(DOCUMENT, document, stored ? { revision: stored.revision } : {})
      return number
    } catch (error) {
      // Somebody else got a number at the same time.
      if (!isPlatformError(error, 'ERR_CONFLICT')) throw error
    }
  }
  throw new PlatformError('ERR_UNAVAILABLE', `no number for invoker '${uniqueName}': others kept being faster`)
}

function numbersIn(document: JsonObject | undefined): Map<string, number> {
  const numbers = document?.['numbers']
  if (!isJsonObject(numbers)) return new Map()
  return new Map(Object.entries(numbers).filter((entry): entry is [string, number] => typeof entry[1] === 'number'))
}
