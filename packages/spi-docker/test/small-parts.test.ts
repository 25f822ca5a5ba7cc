import { adapterContext, SystemClock, isPlatformError } from '@stemcell/core'
import { specLabels } from '@stemcell/core/container-engine'
import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { ReadmeTables } from '../../../test/readme-tables.ts'
import { connect } from '../src/engine/connect.ts'
import { keyIn, labelsOf, makerOf, nameOf } from '../src/engine/container-labels.ts'
import { dockerContainers, dockerContainersOptions } from '../src/index.ts'

describe('labels', () => {
  const spec = { owner: { platform: 'p', invoker: 'i' }, labels: { platform: 'x', action: 'a/b' } }

  it('of a specification come back as they were, and cannot pose as the owner', () => {
    const labels = labelsOf(spec as never, { factory: 'f', key: 'k' })
    expect(labels['stemcell.platform']).toBe('p')
    expect(specLabels({ ...labels, maintainer: 'somebody' })).toEqual(spec.labels)
    expect(makerOf(labels)).toEqual({ factory: 'f', key: 'k' })
  })

  it('that others set name no folder', () => {
    expect(makerOf({ 'stemcell.factory': '..', 'stemcell.key': 'etc' })).toBeUndefined()
    expect(makerOf({})).toBeUndefined()
  })

  it('give a container a name for people, from which its folder is known', () => {
    const name = nameOf({ owner: { platform: 'p', invoker: 'invoker 0-b' } }, { factory: 'f', key: 'k' })
    expect([name, keyIn(name)]).toEqual(['stemcell-invoker_0-b-f-k', 'k'])
  })
})

describe('connecting', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stemcell-connect-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('says that nobody answers, and how to start the engine', async () => {
    const nobody = join(folder, 'nobody.sock')
    await expect(connect(nobody, 300, new SystemClock())).rejects.toSatisfy(
      (error) => isPlatformError(error, 'ERR_UNAVAILABLE') && /systemctl start docker/.test(error.message),
    )
  })

  it('goes on no longer than anybody wants it', async () => {
    const socketPath = join(folder, 'still-nobody.sock')
    const factory = dockerContainers({ socketPath, dir: join(folder, 'own'), connectTimeoutMs: 600_000 }).build(
      adapterContext(),
    )
    const opening = expect(factory.open()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await factory.close()
    await opening
    const stop = AbortSignal.abort()
    await expect(connect(socketPath, 600_000, new SystemClock(), stop)).rejects.toMatchObject({
      code: 'ERR_UNAVAILABLE',
    })
  })

  it('says what an engine lacks', async () => {
    const socket = join(folder, 'lacking.sock')
    const info = { MemoryLimit: false, CpuCfsQuota: true, PidsLimit: true, OSType: 'linux', CgroupDriver: 'none' }
    const server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(request.url === '/info' ? JSON.stringify(info) : 'OK')
    })
    await new Promise<void>((resolve) => server.listen(socket, resolve))
    onTestFinished(() => void server.close())
    await expect(connect(socket, 300, new SystemClock())).rejects.toSatisfy(
      (error) => isPlatformError(error, 'ERR_CONFIG') && /memory cgroup.*driver none/.test(error.message),
    )
  })
})

describe('options', () => {
  it('are those of the README, with the same defaults', () => {
    new ReadmeTables(new URL('../README.md', import.meta.url)).assertOptions(dockerContainersOptions)
  })

  it('that are wrong are named, before anything else happens, without their values', () => {
    const messageOf = (options: object): string => {
      try {
        dockerContainers(options)
        return 'accepted'
      } catch (error) {
        return isPlatformError(error, 'ERR_CONFIG') ? error.message : String(error)
      }
    }
    expect(messageOf({})).toBe('accepted')
    expect(messageOf({ netwrok: 'none' })).toMatch(/^@stemcell\/spi-docker: .*netwrok/)
    expect(messageOf({ network: 'host' })).toMatch(/network: host and container:… would not isolate/)
    expect(messageOf({ network: 'container:x' })).toMatch(/network/)
    expect(messageOf({ network: 'none', address: 'port' })).toMatch(/address: port needs a network/)
    expect(messageOf({ user: '0:0' })).toMatch(/user: must be uid:gid, and not root/)
    const secret = messageOf({ registries: { 'r.example.com': { username: 'u', password: 5_551_212 } } })
    expect(secret).toMatch(/registries\.r\.example\.com\.password/)
    expect(secret).not.toMatch(/5551212/)
  })
})
