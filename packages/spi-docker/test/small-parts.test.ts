import { SystemClock, isPlatformError } from '@stemcell/core'
import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { judgeExit } from '../src/container/judge-exit.ts'
import { OutputFrames } from '../src/container/output-frames.ts'
import { connect } from '../src/engine/connect.ts'
import { labelsOf, makerOf, specLabelsOf } from '../src/engine/container-labels.ts'
import { Gate, orAborted } from '../src/gate.ts'
import { parseImageName } from '../src/images/image-name.ts'
import { runtimeImage } from '../src/images/runtime-image.ts'
import { ApiForwarder } from '../src/network/api-forwarder.ts'
import { dockerContainers } from '../src/index.ts'

describe('names of images', () => {
  it('are told apart from registries, tags and digests', () => {
    const digest = `sha256:${'0'.repeat(64)}`
    expect(parseImageName('node')).toEqual({ registry: 'docker.io', tag: 'latest' })
    expect(parseImageName('openwhisk/action-nodejs-v20:nightly')).toEqual({ registry: 'docker.io', tag: 'nightly' })
    expect(parseImageName('localhost/a/b')).toEqual({ registry: 'localhost', tag: 'latest' })
    expect(parseImageName('r.example.com:5000/a/b:1.0')).toEqual({ registry: 'r.example.com:5000', tag: '1.0' })
    expect(parseImageName(`ghcr.io/a@${digest}`)).toEqual({ registry: 'ghcr.io', tag: digest })
  })

  it('are refused when they are none', () => {
    const wrong = ['', 'a/B', 'a b', 'a:', 'a/:b', '../a', 'a//b', 'a:b:c', '-a', `${'a'.repeat(300)}`]
    expect(wrong.filter((name) => parseImageName(name) !== undefined)).toEqual([])
  })
})

describe('what an image says of itself', () => {
  const labels = { 'stemcell.runtime.socket': 'unix', 'stemcell.runtime.logs': 'attributed' }

  it('is believed of the platform’s images only', () => {
    const inspected = { Id: '1', Config: { User: '65532:65532', Labels: labels } }
    const own = { own: true, hasSocket: true, attributesLogs: true, isRoot: false }
    const none = { own: false, hasSocket: false, attributesLogs: false }
    expect(runtimeImage('i', inspected, false)).toMatchObject(own)
    expect(runtimeImage('i', inspected, true)).toMatchObject(none)
    expect(runtimeImage('i', { Id: '1', Config: { Labels: null } }, false)).toMatchObject({ ...none, isRoot: true })
  })

  it('may name root in several ways', () => {
    const isRoot = (User: string): boolean => runtimeImage('i', { Id: '1', Config: { User } }, true).isRoot
    expect(['', 'root', '0', '0:0', 'root:root'].map(isRoot)).toEqual([true, true, true, true, true])
    expect(['1000', 'www-data', '1000:0', 'rootless'].map(isRoot)).toEqual([false, false, false, false])
  })
})

describe('the end of a container', () => {
  it('is out of memory when the kernel says so, or the heap is full', () => {
    expect(judgeExit({ exitCode: 137, oomKilled: true }, '').reason).toBe('out-of-memory')
    const words = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'
    expect(judgeExit({ exitCode: 139, oomKilled: false }, words).reason).toBe('out-of-memory')
  })

  it('is its own when only a child was out of memory, or the words are its own', () => {
    expect(judgeExit({ exitCode: 3, oomKilled: true }, '')).toEqual({ reason: 'exited', exitCode: 3 })
    expect(judgeExit({ exitCode: 1, oomKilled: false }, 'heap out of memory').reason).toBe('exited')
    expect(judgeExit({ exitCode: 137, oomKilled: false }, '')).toMatchObject({ reason: 'exited', signal: 'SIGKILL' })
  })

  it('is unknown when the engine does not know', () => {
    expect(judgeExit({ exitCode: undefined, oomKilled: false }, '')).toEqual({ reason: 'lost' })
  })
})

describe('frames of output', () => {
  it('are put together from pieces of any size', () => {
    const frame = (type: number, text: string): Buffer => {
      const header = Buffer.alloc(8)
      header[0] = type
      header.writeUInt32BE(Buffer.byteLength(text), 4)
      return Buffer.concat([header, Buffer.from(text)])
    }
    const all = Buffer.concat([frame(1, 'out'), frame(2, ''), frame(2, 'err'), frame(1, 'more')])
    for (let size = 1; size <= all.length; size++) {
      const got = { stdout: '', stderr: '' }
      const frames = new OutputFrames((stream, chunk) => (got[stream] += chunk.toString()))
      for (let at = 0; at < all.length; at += size) frames.write(all.subarray(at, at + size))
      expect(got).toEqual({ stdout: 'outmore', stderr: 'err' })
    }
  })
})

describe('labels', () => {
  const spec = { owner: { platform: 'p', invoker: 'i' }, labels: { platform: 'x', action: 'a/b' } }

  it('of a specification come back as they were, and cannot pose as the owner', () => {
    const labels = labelsOf(spec as never, { factory: 'f', key: 'k' })
    expect(labels['stemcell.platform']).toBe('p')
    expect(specLabelsOf({ ...labels, maintainer: 'somebody' })).toEqual(spec.labels)
    expect(makerOf(labels)).toEqual({ factory: 'f', key: 'k' })
  })

  it('that others set name no folder', () => {
    expect(makerOf({ 'stemcell.factory': '..', 'stemcell.key': 'etc' })).toBeUndefined()
    expect(makerOf({})).toBeUndefined()
  })
})

describe('a gate', () => {
  it('lets so many through at once, in order, and forgets those who gave up', async () => {
    const gate = new Gate(2)
    const never = new AbortController().signal
    const begun: number[] = []
    const ends: (() => void)[] = []
    const enter = (id: number, signal = never): Promise<void> =>
      gate.run(() => new Promise((resolve) => void (begun.push(id), ends.push(resolve))), signal)
    const abort = new AbortController()
    const [first, , third] = [enter(1), enter(2), enter(3, abort.signal), enter(4)]
    abort.abort()
    await expect(third).rejects.toMatchObject({ code: 'ERR_START_FAILED' })
    expect(begun).toEqual([1, 2])
    ends[0]!()
    await first
    expect(begun).toEqual([1, 2, 4])
  })

  it('is passed by who comes later when work failed', async () => {
    const gate = new Gate(1)
    const { signal } = new AbortController()
    await expect(gate.run(() => Promise.reject(new Error('failed')), signal)).rejects.toThrow('failed')
    expect(await gate.run(() => Promise.resolve('next'), signal)).toBe('next')
  })

  it('is not waited for by who has been told to stop', async () => {
    const stopped = AbortSignal.abort(new Error('no longer wanted'))
    await expect(orAborted(new Promise(() => undefined), stopped)).rejects.toMatchObject({ code: 'ERR_START_FAILED' })
  })
})

describe('the address of the API', () => {
  it('is changed only where it is of the loopback and the network has this machine on it', async () => {
    const forwarder = new ApiForwarder()
    onTestFinished(() => forwarder.close())
    const network = { mode: 'n', gateway: { address: '127.0.0.1', subnet: '127.0.0.0/8' } }
    expect(await forwarder.addressFor('https://api.example.com', network)).toBe('https://api.example.com')
    expect(await forwarder.addressFor('http://127.0.0.1:1', { mode: 'none' })).toBe('http://127.0.0.1:1')
    const changed = await forwarder.addressFor('http://localhost:3233', network)
    expect(changed).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await forwarder.addressFor('http://localhost:3233', network)).toBe(changed)
  })

  it('is refused where nothing can listen, with the option to set', async () => {
    const network = { mode: 'n', gateway: { address: '192.0.2.254', subnet: '192.0.2.0/24' } }
    await expect(new ApiForwarder().addressFor('127.0.0.1:3233', network)).rejects.toSatisfy(
      (error) => isPlatformError(error, 'ERR_START_FAILED') && error.message.includes('set apiHost'),
    )
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
