import { actionNodejs, buildImage, type ImageDefinition, type ImagePlan } from '@stemcell/images'
import type { Container, ContainerFactory } from '@stemcell/core'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { describeWith } from '../../../test/describe-with.ts'
import { useEngine } from './engine.ts'
import { answer, eventually, initialise, logged, run, specOf, unique } from './harness.ts'
import { SmallRegistry } from './small-registry.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

const PRINTS = 'function main() { console.log("out"); console.error("err"); return { printed: true } }'

/** The image of the platform, changed, under a name of its own. */
function variant(name: string, change: (config: ImagePlan['config']) => Partial<ImagePlan['config']>): ImageDefinition {
  return {
    name,
    summary: 'for this test',
    plan: (options) => {
      const plan = actionNodejs.plan(options)
      return { ...plan, config: { ...plan.config, ...change(plan.config) } }
    },
  }
}

describeWith('docker', 'images of users', (socketPath) => {
  const engine = useEngine(socketPath)
  const prefix = `test-${unique()}`
  const tag = actionNodejs.plan({}).tag
  const names: string[] = []
  let factory: ContainerFactory
  let registry: SmallRegistry

  const build = async (name: string, change: Parameters<typeof variant>[1]): Promise<void> => {
    const built = await buildImage(variant(name, change), { to: { socket: socketPath }, prefix })
    names.push(...built.names)
  }
  const create = (image: string, userImage = true, from = factory): Promise<Container> =>
    from.create(specOf(engine, { image, userImage, kind: 'blackbox' }))

  beforeAll(async () => {
    await build('foreign', () => ({ labels: {} }))
    await build('no-program', () => ({ labels: {}, entrypoint: ['/no/such/program'] }))
    await build('ends', () => ({ labels: {}, entrypoint: ['/usr/bin/node', '-e', 'throw new Error("not today")'] }))
    await build('silent', () => ({ labels: {}, entrypoint: ['/usr/bin/node', '-e', 'setInterval(() => {}, 1000)'] }))
    const file = join(engine.dir, 'foreign.tar')
    await buildImage(
      variant('pulled', () => ({ labels: {} })),
      { to: { file }, prefix },
    )
    registry = new SmallRegistry({ archive: file, username: 'reader', password: 'a secret' })
    factory = engine.factory()
    await factory.open()
  })
  afterAll(async () => {
    await factory.close()
    registry.close()
    for (const name of names) await engine.docker.getImage(name).remove({ force: true })
  })

  it('are reached by a port on the loopback address, and their logs end with sentinels', async () => {
    const container = await create(`${prefix}/foreign:${tag}`)
    const { HostConfig, NetworkSettings } = await engine.docker.getContainer(container.id).inspect()
    expect(NetworkSettings.Ports['8080/tcp']).toMatchObject([{ HostIp: '127.0.0.1' }])
    expect([HostConfig.Binds ?? [], HostConfig.ReadonlyRootfs]).toEqual([[], false])
    await initialise(container, PRINTS)
    for (const id of ['a1', 'a2']) {
      const { lines, complete } = await logged(container, id)
      expect(lines.map(({ stream, text }) => `${stream} ${text}`).sort()).toEqual(['stderr err', 'stdout out'])
      expect(complete).toBe(true)
    }
  })

  it('keep the logs of activations apart that follow each other faster than their logs are read', async () => {
    const container = await create(`${prefix}/foreign:${tag}`)
    await initialise(container, 'function main({ n }) { console.log("run " + n); return {} }')
    const logs = []
    for (let n = 0; n < 5; n++) {
      logs.push(container.openLog(`a${n}`, { limitBytes: 1_000 }))
      await run(container, { n }, `a${n}`)
    }
    const collected = await Promise.all(logs.map(async (log) => log.collect({ waitMs: 60_000 })))
    expect(collected.map(({ lines }) => lines.map(({ text }) => text))).toEqual(
      [0, 1, 2, 3, 4].map((n) => [`run ${n}`]),
    )
  })

  it('are trusted no labels: one built on the platform’s own gets no socket either', async () => {
    const container = await create(engine.image)
    const { Binds } = (await engine.docker.getContainer(container.id).inspect()).HostConfig
    expect(Binds ?? []).toEqual([])
    expect(await answer(container, PRINTS)).toEqual({ printed: true })
  })

  it('are answered for by their user when they cannot be run', async () => {
    const hasty = engine.factory({ startTimeoutMs: 2_000 })
    await hasty.open()
    try {
      await expect(create(`${prefix}/no-program:${tag}`)).rejects.toMatchObject({
        code: 'ERR_IMAGE',
        message: `The program of container image '${prefix}/no-program:${tag}' cannot be executed.`,
      })
      await expect(create(`${prefix}/ends:${tag}`)).rejects.toMatchObject({
        code: 'ERR_IMAGE',
        message: expect.stringContaining('not today') as string,
      })
      await expect(create(`${prefix}/silent:${tag}`, true, hasty)).rejects.toMatchObject({ code: 'ERR_IMAGE' })
      await expect(create('Not A Name')).rejects.toMatchObject({ code: 'ERR_IMAGE' })
      // The same, were it an image of the platform.
      await expect(create(`${prefix}/ends:${tag}`, false)).rejects.toMatchObject({ code: 'ERR_START_FAILED' })
    } finally {
      await hasty.close()
    }
    expect(await factory.list({ platform: engine.platform, invoker: 'invoker0' })).toHaveLength(3)
  })

  it('are pulled once for all who want them, with the credentials of their registry', async () => {
    const host = await registry.listen()
    const image = `${host}/team/pulled`
    names.push(`${image}:latest`)
    await expect(create(image)).rejects.toMatchObject({
      code: 'ERR_IMAGE',
      message: `Failed to pull container image '${image}'.`,
    })
    const login = engine.factory({ registries: { [host]: { username: 'reader', password: 'a secret' } } })
    await login.open()
    try {
      const before = registry.manifestsGiven
      const made = await Promise.all([
        create(image, true, login),
        create(image, true, login),
        create(image, true, login),
      ])
      expect(await answer(made[2], PRINTS)).toEqual({ printed: true })
      expect(registry.manifestsGiven - before).toBe(1)
      await expect(create(`${image}:absent`, true, login)).rejects.toMatchObject({ code: 'ERR_IMAGE' })
    } finally {
      await login.close()
    }
  })

  it('called latest are refreshed behind the back of those who use them', async () => {
    const refreshing = new SmallRegistry({ archive: join(engine.dir, 'foreign.tar'), username: 'u', password: 'p' })
    const host = await refreshing.listen()
    const image = `${host}/team/refreshed`
    names.push(`${image}:latest`)
    const eager = engine.factory({ refreshMs: 0, registries: { [host]: { username: 'u', password: 'p' } } })
    await eager.open()
    try {
      await create(image, true, eager)
      const asked = refreshing.manifestsAsked
      await create(image, true, eager)
      await eventually('the registry was asked again', () => refreshing.manifestsAsked > asked)
      // What is at hand is used when the registry is gone.
      refreshing.close()
      expect(await answer(await create(image, true, eager), PRINTS)).toEqual({ printed: true })
    } finally {
      await eager.close()
      refreshing.close()
    }
  })

  it('are refused where the operator wants none, and not fetched where they may not be', async () => {
    const none = engine.factory({ userImages: false })
    const never = engine.factory({ pull: 'never' })
    await Promise.all([none.open(), never.open()])
    try {
      expect(none.capabilities.images).toBe(false)
      await expect(create(`${prefix}/foreign:${tag}`, true, none)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
      await expect(create(`${prefix}/absent:1`, true, never)).rejects.toMatchObject({ code: 'ERR_IMAGE' })
    } finally {
      await Promise.all([none.close(), never.close()])
    }
  })

  it('of the platform are never fetched, and their absence says what to do', async () => {
    await expect(create(`${prefix}/absent:1`, false)).rejects.toMatchObject({
      code: 'ERR_START_FAILED',
      message: expect.stringContaining('stemcell images build') as string,
    })
  })
})
