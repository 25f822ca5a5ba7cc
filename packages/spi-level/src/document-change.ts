import {
  changeOf,
  type DocumentHeader,
  type DocumentWrite,
  type KeySpace,
  type RowAddress,
} from '@stemcell/core/sorted-store'
import type { Change, Operation } from './commit-queue.ts'
import { sealBytes } from './sealed-value.ts'

/** The change of a document, with the numbers of rows that it changes. */
export function countedChange(
  keys: KeySpace,
  id: string,
  current: DocumentHeader | undefined,
  write: DocumentWrite | undefined,
): Change {
  const counted =
    (delta: number) =>
    ({ index, partition }: RowAddress): [string, number] => [keys.rowCount(index, partition), delta]
  const counts = [...(current?.rows ?? []).map(counted(-1)), ...(write?.rows ?? []).map(counted(1))]
  const operations: Operation[] = []
  let bytes = 0
  for (const operation of changeOf(keys, id, current, write)) {
    if (operation.type === 'del') {
      operations.push(operation)
      continue
    }
    const { key } = operation
    // Sealed bytes are a copy: the caller may reuse its buffer while this waits for its turn.
    const value = typeof operation.value === 'string' ? operation.value : sealBytes(key, operation.value)
    operations.push({ type: 'put', key, value })
    bytes += key.length + value.length
  }
  return { operations, counts, bytes, lasting: true }
}
