import { mkdtempSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runSortedBackendConformance } from '@stemcell/conformance/vitest'
import { afterAll, it } from 'vitest'
import { expectAgreement } from '../../../test/sorted-backend-agreement.ts'
import { LevelBackend } from '../src/level-backend.ts'
import { parseLevelOptions } from '../src/level-stores-options.ts'

const folder = mkdtempSync(join(tmpdir(), 'stemcell-level-'))
afterAll(() => rmSync(folder, { recursive: true }))
const backend = (): LevelBackend => new LevelBackend(parseLevelOptions({ dir: join(folder, 'db'), sync: false }))

runSortedBackendConformance('LevelDB', { create: backend, another: backend })

it('the sorted backend on LevelDB answers whatever is written and asked as the one in memory does', async () => {
  const base = await mkdtemp(join(tmpdir(), 'stemcell-level-'))
  try {
    await expectAgreement(async () => {
      const dir = await mkdtemp(join(base, 'case-'))
      return new LevelBackend(parseLevelOptions({ dir, sync: false }))
    }, 40)
  } finally {
    await rm(base, { recursive: true })
  }
})
