import { KeySpace } from '@stemcell/core/sorted-store'

export function documentKeys(documents: 'entities' | 'subjects'): KeySpace {
  return new KeySpace(documents === 'entities' ? 'e' : 's')
}
