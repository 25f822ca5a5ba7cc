import { adapterContext, type Adapter, type Lifecycle } from '@stemcell/core'
import {
  runActivationStoreConformance,
  runEntityStoreConformance,
  runSubjectStoreConformance,
} from '@stemcell/conformance/vitest'
import { levelStores, type LevelStores } from '@stemcell/spi-level'
import { KeySpace } from '@stemcell/core/sorted-store'
import { ClassicLevel } from 'classic-level'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { ReadmeTables } from '../../../test/readme-tables.ts'

const context = adapterContext()
const published = new ReadmeTables(new URL('../README.md', import.meta.url))
const base = await mkdtemp(join(tmpdir(), 'stemcell-level-'))

const folders = new Map<Lifecycle, string>()

afterAll(() => rm(base, { recursive: true }))

runEntityStoreConformance('level', {
  ...onTheirOwn(({ entityStore }) => entityStore),
  capabilities: published.documents,
  damage: async (closed, id) => {
    const db = new ClassicLevel(folders.get(closed)!)
    try {
      await db.put(new KeySpace('e').document(id), '{"half":')
    } finally {
      await db.close()
    }
  },
})
runSubjectStoreConformance('level', {
  ...onTheirOwn(({ subjectStore }) => subjectStore),
  capabilities: published.documents,
})
runActivationStoreConformance('level', {
  ...onTheirOwn(({ activationStore }) => activationStore),
  capabilities: published.activations,
})

/** Each case gets a folder of its own. */
function onTheirOwn<S extends Lifecycle>(pick: (stores: LevelStores) => Adapter<S>) {
  const build = (dir: string): S => {
    const store = pick(levelStores({ dir })).build(context)
    folders.set(store, dir)
    return store
  }
  return {
    create: async () => build(await mkdtemp(join(base, 'case-'))),
    reopen: (closed: S) => build(folders.get(closed)!),
    destroy: (store: S) => rm(folders.get(store)!, { recursive: true }),
  }
}
