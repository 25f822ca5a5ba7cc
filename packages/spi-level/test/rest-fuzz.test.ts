import { RestPlatform } from '@stemcell/conformance/rest'
import { levelStores } from '@stemcell/spi-level'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { fuzzApi } from '../../core/test/controller/http/fuzz-api.ts'

const dir = await mkdtemp(join(tmpdir(), 'stemcell-level-fuzz-'))
afterAll(() => rm(dir, { recursive: true }))

fuzzApi('level stores', () => RestPlatform.start(levelStores({ dir })))
