import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, vi } from 'vitest'
import { adapterContext, type Container, type ContainerFactory } from '@stemcell/core'
import { runContainerFactoryConformance } from '@stemcell/conformance/vitest'
import { processContainers } from '@stemcell/spi-process'
import { nodeLoop } from './fixtures/node-loop.ts'

// Each container of these is two Node.js processes.
vi.setConfig({ testTimeout: 90_000 })

const dir = mkdtempSync(join(tmpdir(), 'stemcell-process-'))
afterAll(() => rmSync(dir, { recursive: true }))
const adapter = processContainers({ dir })

const TURNS = 'a program takes one line at a time: runs that come at once take turns'
const SURVIVES = 'the runtime outlives a program that ends, and answers for it'

/** The kit's actions are source text for Node.js: here each becomes an executable. */
function withExecutables(factory: ContainerFactory): ContainerFactory {
  return new Proxy(factory, {
    get(target, name) {
      if (name !== 'create') return bound(target, name)
      return async (...args: Parameters<ContainerFactory['create']>) => executable(await target.create(...args))
    },
  })
}

function executable(container: Container): Container {
  return new Proxy(container, {
    get(target, name) {
      if (name !== 'init') return bound(target, name)
      return (body: string, options: Parameters<Container['init']>[1]) => {
        const { value } = JSON.parse(body) as { value: { code: string } }
        return target.init(JSON.stringify({ value: { ...value, code: nodeLoop(value.code) } }), options)
      }
    },
  })
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name)
  return typeof value === 'function' ? (value.bind(target) as unknown) : value
}

runContainerFactoryConformance('process, executables', {
  create: () => withExecutables(adapter.build(adapterContext())),
  spec: { kind: 'blackbox', image: 'stemcell/action-loop' },
  unsupported: { kind: 'blackbox', image: 'somebody/image', userImage: true },
  capabilities: {
    suspend: true,
    memoryLimit: process.platform === 'linux',
    cpuLimit: false,
    images: false,
    attributedLogs: true,
    isolation: 'process',
  },
  patienceMs: 15_000,
  knownFailures: {
    'containers.runs-overlap-up-to-the-maximum': TURNS,
    'containers.destroy-works-in-every-state': SURVIVES,
    'containers.close-destroys-those-that-had-ended': SURVIVES,
    'containers.exit-code-is-reported': SURVIVES,
    'containers.log-keeps-the-last-words': SURVIVES,
    'containers.replies-are-passed-on-unjudged': 'the protocol has no status: the program words its own errors',
  },
})
