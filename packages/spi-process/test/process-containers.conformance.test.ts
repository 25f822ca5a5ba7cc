import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { adapterContext } from '@stemcell/core'
import { runContainerFactoryConformance } from '@stemcell/conformance/vitest'
import { processContainers } from '@stemcell/spi-process'

const dir = mkdtempSync(join(tmpdir(), 'stemcell-process-'))
afterAll(() => rmSync(dir, { recursive: true }))
const adapter = processContainers({ dir })

runContainerFactoryConformance('process', {
  create: () => adapter.build(adapterContext()),
  capabilities: {
    suspend: true,
    memoryLimit: process.platform === 'linux',
    cpuLimit: false,
    images: false,
    attributedLogs: true,
    isolation: 'process',
  },
  patienceMs: 15_000,
})
