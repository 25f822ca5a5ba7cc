import { stringifyJson, type IndexDefinition, type JsonObject } from '@stemcell/core'
import type { NewRow } from './document-change.ts'
import { KeySpace } from './key-space.ts'

export function documentKeys(documents: 'entities' | 'subjects'): KeySpace {
  return new KeySpace(documents === 'entities' ? 'e' : 's')
}

export function rowsOf(indexes: readonly IndexDefinition[], id: string, document: JsonObject): NewRow[] {
  return indexes.flatMap(({ name: index, map }) =>
    map(id, document).map(({ partition, order, value }, place) => ({
      index,
      partition,
      order,
      place,
      text: stringifyJson(value),
    })),
  )
}
