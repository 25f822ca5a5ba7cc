import { activationFilterName, activationSummary, stringifyJson, type Activation } from '@stemcell/core'
import type { Operation } from './commit-queue.ts'
import type { KeySpace, RowAddress } from './key-space.ts'

/** The index of all records of a namespace, and that of those with one name. */
export const BY_START = 'start'
export const BY_NAME = 'name'

export function recordKey(keys: KeySpace, namespace: string, activationId: string): string {
  return keys.document(`${namespace}/${activationId}`)
}

/** A NUL is in no name, so that no pair reads like another. */
export function namePartition(namespace: string, name: string): string {
  return `${namespace}\0${name}`
}

/** A summary of a record is enough to find its rows again. */
export function activationRows(
  activation: Pick<Activation, 'namespace' | 'name' | 'annotations' | 'start'>,
): readonly RowAddress[] {
  const { namespace, start: order } = activation
  const name = namePartition(namespace, activationFilterName(activation))
  return [
    { index: BY_START, partition: namespace, order, place: 0 },
    { index: BY_NAME, partition: name, order, place: 0 },
  ]
}

/** What storing a record writes. */
export interface RecordWrite {
  readonly key: string
  readonly text: string
  readonly operations: readonly Operation[]
  /** Keys of the numbers that grow by one. */
  readonly counts: readonly string[]
  readonly bytes: number
}

/** @throws TypeError the start of the activation is no moment. */
export function recordWrite(keys: KeySpace, key: string, activation: Activation, text: string): RecordWrite {
  const value = stringifyJson(activationSummary(activation))
  const rows = activationRows(activation)
  const operations: Operation[] = [{ type: 'put', key, value: text }]
  for (const row of rows) operations.push({ type: 'put', key: keys.row(activation.activationId, row), value })
  const counts = rows.map(({ index, partition }) => keys.rowCount(index, partition))
  return { key, text, operations, counts, bytes: text.length + 2 * value.length }
}
