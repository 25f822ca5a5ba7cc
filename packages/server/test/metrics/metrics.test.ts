import { silentLogger } from '@stemcell/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/read-config.ts'
import { startStandalone } from '../../src/standalone/standalone.ts'

const WITHOUT_STEM_CELLS = {
  runtimes: {
    nodejs: [{ kind: 'nodejs:20', image: { name: 'node' }, attached: { attachmentName: 'a', attachmentType: 't' } }],
  },
  blackboxes: [],
}

describe('the server', () => {
  let dir: string

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stemcell-metrics-'))
  })

  afterEach(() => rm(dir, { recursive: true, force: true }))

  async function statusOf(path: string, config: object): Promise<number> {
    const manifest = WITHOUT_STEM_CELLS
    const options = { ...readConfig(undefined, { data: dir, port: 0 }), manifest, ...config }
    const server = await startStandalone({ config: options, logger: silentLogger })
    try {
      const { port } = new URL(server!.url)
      return (await fetch(`http://127.0.0.1:${port}${path}`)).status
    } finally {
      await server!.close()
    }
  }

  const metricsStatus = (config: object): Promise<number> => statusOf('/metrics', config)

  it('has metrics as long as it listens to this machine only', async () => {
    expect(await metricsStatus({})).toBe(200)
  })

  it('has none when they are switched off', async () => {
    expect(await metricsStatus({ metrics: false })).toBe(405)
  })

  it('has none where others could read them, unless they are switched on', async () => {
    expect(await metricsStatus({ host: '0.0.0.0', insecure: true })).toBe(405)
    expect(await metricsStatus({ host: '0.0.0.0', insecure: true, metrics: true })).toBe(200)
  })

  it.each(['/invokers', '/invokers/ready', '/activation', '/activation/count'])(
    'tells of itself under %s likewise',
    async (path) => {
      const { api } = readConfig(undefined, {})
      expect(await statusOf(path, {})).toBe(200)
      expect(await statusOf(path, { host: '0.0.0.0', insecure: true })).toBe(405)
      expect(await statusOf(path, { host: '0.0.0.0', insecure: true, api: { ...api, operationalRoutes: true } })).toBe(
        200,
      )
    },
  )
})
