import { adapterContext } from '@stemcell/core'
import { kubernetesContainers, kubernetesContainersOptions } from '@stemcell/spi-kubernetes'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { z } from '@stemcell/core/schema'
import { freePort } from '../../../test/free-port.ts'
import { ReadmeTables } from '../../../test/readme-tables.ts'
import adapter from '../src/adapter.ts'

async function failureAt(server: string): Promise<{ readonly code: string; readonly message: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'stemcell-kubeconfig-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const kubeconfig = join(folder, 'config')
  const config = {
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    clusters: [{ name: 'a', cluster: { server } }],
    users: [{ name: 'a', user: { token: 'secret-token' } }],
  }
  writeFileSync(kubeconfig, JSON.stringify(config))
  const factory = kubernetesContainers({ kubeconfig, connectTimeoutMs: 200 }).build(adapterContext())
  const error: unknown = await factory.open().catch((reason: unknown) => reason)
  return error as { readonly code: string; readonly message: string }
}

describe('options of @stemcell/spi-kubernetes', () => {
  it('are those of the README, with the same defaults', () => {
    new ReadmeTables(new URL('../README.md', import.meta.url)).assertOptions(kubernetesContainersOptions)
  })

  it('come from a configuration file too', () => {
    const configurable = adapter.provides['containers']
    expect((configurable!.options as z.ZodType).safeParse({ namespace: 'x', nope: 1 }).success).toBe(false)
    expect(configurable?.create({ namespace: 'x' }).name).toBe('@stemcell/spi-kubernetes')
  })
})

describe('the start of @stemcell/spi-kubernetes', () => {
  it('says where no API server answers', async () => {
    const server = `http://127.0.0.1:${await freePort()}`
    const { code, message } = await failureAt(server)
    expect([code, message]).toEqual([
      'ERR_UNAVAILABLE',
      expect.stringMatching(
        /the API server at http:\/\/127.0.0.1:\d+ \(context a of .*\) does not answer: ECONNREFUSED/,
      ),
    ])
  })

  it('says what is no API server, and never shows a token', async () => {
    const server = createServer((_request, response) => void response.writeHead(404).end('no such page'))
    server.listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const { code, message } = await failureAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    expect([code, message]).toEqual(['ERR_CONFIG', expect.stringMatching(/refuses: HTTP 404: no such page/)])
    expect(message).not.toContain('secret-token')
  })
})
