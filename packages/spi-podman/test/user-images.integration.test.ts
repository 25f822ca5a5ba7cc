import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { isPlatformError, type ContainerFactory, type ErrorCode } from '@stemcell/core'
import { describeWith } from '../../../test/describe-with.ts'
import { foreignImage, provideForeignImage } from './foreign-images.ts'
import { callOptions, init, libpod, openFactory, run, spec, startAction, uniqueOwner } from './harness.ts'
import { startRegistry } from './registry.ts'

vi.setConfig({ testTimeout: 120_000 })

const TELLS = `function main({ who }) { console.log('out ' + who); console.error('err ' + who)
  return { uid: process.getuid(), env: Object.keys(process.env).filter((name) => /STEMCELL/.test(name)) } }`

describeWith('podman', 'images of users on Podman', (socket) => {
  beforeAll(async () => {
    for (const name of ['openwhisk', 'pretender', 'broken', 'unwilling', 'deaf'] as const) {
      await provideForeignImage(socket, name)
    }
  }, 120_000)

  async function refused(
    factory: ContainerFactory,
    image: string,
    userImage: boolean,
    code: ErrorCode,
  ): Promise<string> {
    const owner = uniqueOwner()
    const failure: unknown = await factory.create(spec({ owner, image, userImage })).catch((error: unknown) => error)
    expect(isPlatformError(failure, code), String(failure)).toBe(true)
    expect(await factory.list(owner)).toEqual([])
    return (failure as Error).message
  }

  describe.each(['port', 'bridge'] as const)('reached by %s', (address) => {
    it('run like OpenWhisk does it: port 8080, lines until the sentinel', async () => {
      const factory = await openFactory(socket, { address, user: '1234:1234' })
      const image = foreignImage('openwhisk')
      const container = await startAction(factory, TELLS, { image, userImage: true })
      const logs = ['a1', 'a2'].map((id) => container.openLog(id, { limitBytes: 10_000 }))
      for (const who of ['a1', 'a2']) expect(await run(container, { who }, who)).toEqual({ uid: 1_234, env: [] })
      const collected = await Promise.all(logs.map(async (log) => log.collect({ waitMs: 10_000 })))
      expect(collected.map(({ lines }) => lines.map(({ text }) => text).sort())).toEqual([
        ['err a1', 'out a1'],
        ['err a2', 'out a2'],
      ])
      expect(collected.map(({ complete }) => complete)).toEqual([true, true])
      await container.suspend()
      await container.resume()
      expect(await run(container, {}, 'a3')).toMatchObject({ uid: 1_234 })
    })
  })

  it('are believed nothing: no folder of this machine, no token, a writable root', async () => {
    const factory = await openFactory(socket)
    const look = `const fs = require('node:fs')
      function main() { fs.writeFileSync('/usr/x', 'x'); return { run: fs.existsSync('/run/stemcell'), env: Object.keys(process.env) } }`
    const container = await factory.create(spec({ image: foreignImage('pretender'), userImage: true }))
    expect((await init(container, look)).status).toBe(200)
    const seen = JSON.parse((await container.run('{"value":{}}', callOptions())).body) as {
      run: boolean
      env: string[]
    }
    expect(seen.run).toBe(false)
    expect(seen.env.filter((name) => name.startsWith('STEMCELL'))).toEqual([])
  })

  it('are to blame for what is wrong with them', async () => {
    const factory = await openFactory(socket, { startTimeoutMs: 3_000, pull: 'never' })
    expect(await refused(factory, foreignImage('broken'), true, 'ERR_IMAGE')).toContain('cannot be run')
    expect(await refused(factory, foreignImage('unwilling'), true, 'ERR_IMAGE')).toMatch(/ended .*no good/s)
    expect(await refused(factory, foreignImage('deaf'), true, 'ERR_IMAGE')).toMatch(/did not answer within 3000 ms/)
    expect(await refused(factory, 'stemcell-test/absent:1', true, 'ERR_IMAGE')).toContain('stemcell-test/absent:1')
    expect(await refused(factory, 'no image', true, 'ERR_IMAGE')).toContain('not the name of an image')
  })

  it('are to blame, and images of the platform are the platform’s fault', async () => {
    const factory = await openFactory(socket, { startTimeoutMs: 3_000, userImages: false })
    await refused(factory, foreignImage('broken'), false, 'ERR_START_FAILED')
    await refused(factory, foreignImage('unwilling'), false, 'ERR_START_FAILED')
    const missing = await refused(factory, 'stemcell/no-such-runtime:1', false, 'ERR_START_FAILED')
    expect(missing).toMatch(/no-such-runtime.*stemcell images build/)
    await refused(factory, foreignImage('openwhisk'), true, 'ERR_UNSUPPORTED')
    expect(factory.capabilities.images).toBe(false)
  })

  it('are pulled once, with the credentials of their registry, and refused with others', async () => {
    const registry = await startRegistry({ username: 'bob', password: 'password-of-bob' })
    const image = `${registry.host}/test/pulled:1`
    onTestFinished(async () => {
      registry.close()
      await libpod(socket, 'DELETE', `/images/${image}?force=true`)
    })
    const wrong = await openFactory(socket, { registries: { [registry.host]: { username: 'bob', password: 'wrong' } } })
    expect(await refused(wrong, image, true, 'ERR_IMAGE')).toBe(`Failed to pull container image '${image}'.`)

    const credentials = { username: 'bob', password: 'password-of-bob' }
    const factory = await openFactory(socket, { registries: { [registry.host]: credentials }, startTimeoutMs: 5_000 })
    const before = registry.manifests()
    // The image has nothing in it that could run: that it was pulled is what counts.
    const attempts = [1, 2, 3].map(() => refused(factory, image, true, 'ERR_IMAGE'))
    for (const message of await Promise.all(attempts)) expect(message).toContain('cannot be run')
    expect(registry.manifests() - before).toBe(1)
    expect((await libpod(socket, 'GET', `/images/${image}/json`)).status).toBe(200)
  })
})
