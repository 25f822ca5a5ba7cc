import { PlatformError } from '../../errors.ts'
import { activationFilterName, type Activation } from '../../model/activation.ts'
import type { JsonObject } from '../../model/json.ts'
import { numberOf } from '../../model/json.ts'
import { parseParameters } from '../../model/parameters.ts'
import { parseJson } from '../../model/parse-json.ts'
import type { ActivationQuery } from '../activation-store.ts'
import type { KeySpace, RowAddress } from './key-space.ts'

/** The index of all records of a namespace, and that of those with one name. */
export const BY_START = 'start'
export const BY_NAME = 'name'

/** The value of a row whose record is as quickly read as a summary would be. */
export const NO_SUMMARY = ''

/** Where the record of an activation is stored. */
export function recordKey(keys: KeySpace, namespace: string, activationId: string): string {
  return keys.document(`${namespace}/${activationId}`)
}

/** A NUL is in no name, so that no pair reads like another. */
export function namePartition(namespace: string, name: string): string {
  return `${namespace}\0${name}`
}

/** Where the rows that a query asks for are. */
export function indexOf({ namespace, name }: Pick<ActivationQuery, 'namespace' | 'name'>): {
  readonly index: string
  readonly partition: string
} {
  return name === undefined
    ? { index: BY_START, partition: namespace }
    : { index: BY_NAME, partition: namePartition(namespace, name) }
}

/** A summary of a record is enough to find its rows again. */
export function activationRows(
  activation: Pick<Activation, 'namespace' | 'name' | 'annotations' | 'start'>,
): readonly RowAddress[] {
  const { namespace, start } = activation
  return rowsIn(namespace, namePartition(namespace, activationFilterName(activation)), start)
}

/** The same, where the partition of the index by name is known. */
export function rowsIn(namespace: string, byName: string, order: number): readonly RowAddress[] {
  return [
    { index: BY_START, partition: namespace, order, place: 0 },
    { index: BY_NAME, partition: byName, order, place: 0 },
  ]
}

/**
 * The same from what is stored: a summary, or a record, which has all that a summary has.
 * @throws ERR_CORRUPT the text is neither.
 */
export function rowsOfStored(text: string): readonly RowAddress[] {
  const summary = objectOf(text)
  const { namespace, name, annotations } = summary
  const start = numberOf(summary['start'])
  const parameters = parseParameters(annotations)
  if (typeof namespace !== 'string' || typeof name !== 'string' || start === undefined || !parameters) {
    throw new PlatformError('ERR_CORRUPT', 'the summary of an activation record cannot be read')
  }
  return activationRows({ namespace, name, start, annotations: parameters })
}

function objectOf(text: string): JsonObject {
  try {
    return parseJson(text) as JsonObject
  } catch (error) {
    throw new PlatformError('ERR_CORRUPT', 'the summary of an activation record cannot be read', { cause: error })
  }
}
