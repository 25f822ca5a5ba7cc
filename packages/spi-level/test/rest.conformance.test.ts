import { runRestConformance } from '@stemcell/conformance/vitest'
import { RestPlatform } from '@stemcell/conformance/rest'
import { levelStores } from '@stemcell/spi-level'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const dir = await mkdtemp(join(tmpdir(), 'stemcell-level-rest-'))
let platform: RestPlatform | undefined

afterAll(async () => {
  await platform?.close()
  await rm(dir, { recursive: true })
})

runRestConformance('level stores', async () => (platform = await RestPlatform.start(levelStores({ dir }))))
