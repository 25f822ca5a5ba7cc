import { actionNodejs, buildImage } from '@stemcell/images'
import { adapterContext, type Container, type ContainerFactory } from '@stemcell/core'
import Dockerode from 'dockerode'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { removeDockerd, startDockerd, stopDockerd, type Dockerd } from '../../../scripts/services/dockerd.mjs'
import { describeWith } from '../../../test/describe-with.ts'
import { dockerContainers } from '../src/index.ts'
import { removeAllOf } from './engine.ts'
import { answer, callOptions, eventually, logged, run, unique } from './harness.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const PRINTS = 'function main({ text }) { console.log(text ?? "printed"); return { text } }'
const image = `stemcell/action-nodejs:${process.versions.node.split('.')[0]}`

/** An engine that a test may stop. */
class OwnEngine {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'stemcell-dockerd-'))
  readonly socket: string = join(this.folder, 'docker.sock')
  readonly #arguments: string[]
  #state: Dockerd | undefined

  constructor(...more: string[]) {
    this.#arguments = more
  }

  async start(): Promise<void> {
    this.#state = await startDockerd(this.folder, this.#arguments)
  }

  async stop(): Promise<void> {
    if (this.#state) await stopDockerd(this.#state)
  }
}

let engine: OwnEngine
let factory: ContainerFactory
const platform = `restart-${unique()}`

async function begin(...more: string[]): Promise<Container> {
  engine = new OwnEngine(...more)
  await engine.start()
  await buildImage(actionNodejs, { to: { socket: engine.socket } })
  factory = dockerContainers({ socketPath: engine.socket, dir: join(engine.folder, 'run') }).build(adapterContext())
  await factory.open()
  return make()
}

function make(): Promise<Container> {
  return factory.create({
    owner: { platform, invoker: 'invoker0' },
    kind: 'nodejs:20',
    image,
    userImage: false,
    memoryMb: 128,
    maxConcurrent: 1,
    environment: {},
    labels: {},
  })
}

describeWith('docker', 'an engine that is restarted', () => {
  if (process.getuid?.() !== 0) {
    it.skip('(only root can start an engine of its own for this)')
    return
  }
  afterEach(async () => {
    await factory.close()
    await removeAllOf(new Dockerode({ socketPath: engine.socket }), platform)
    await engine.stop()
    removeDockerd(engine.folder)
    rmSync(engine.folder, { recursive: true, force: true })
  })

  it('takes its containers with it, and makes new ones when it is back', async () => {
    const container = await begin()
    await answer(container, PRINTS)
    await engine.stop()
    await expect(make()).rejects.toMatchObject({ code: 'ERR_UNAVAILABLE' })
    await engine.start()
    expect(await container.exited).toMatchObject({ reason: 'exited' })
    await container.destroy()
    let next: Container | undefined
    await eventually('a container is made', async () => (next = await make().catch(() => undefined)) !== undefined)
    expect(await answer(next!, PRINTS, { text: 'new' })).toEqual({ text: 'new' })
    expect(await factory.list({ platform, invoker: 'invoker0' })).toMatchObject([{ id: next!.id, state: 'running' }])
  })

  it('finds those that outlived it, with their logs, and learns of those that did not', async () => {
    const survivor = await begin('--live-restore')
    const victim = await make()
    await answer(survivor, PRINTS)
    await answer(victim, 'function main({ end }) { if (end) process.exit(5); return {} }')
    await engine.stop()
    expect(await run(survivor, { text: 'meanwhile' })).toEqual({ text: 'meanwhile' })
    await expect(victim.run('{"value":{"end":true}}', callOptions())).rejects.toMatchObject({
      code: 'ERR_CONNECTION_LOST',
    })
    await engine.start()
    expect((await victim.exited).reason).toBe('exited')
    await eventually('lines of the survivor arrive again', async () => (await linesOf(survivor)).includes('printed'))
    const { lines, complete } = await logged(survivor, 'afterwards')
    expect([lines.map(({ text }) => text), complete]).toEqual([['printed'], true])
    await survivor.destroy()
    expect((await survivor.exited).reason).toBe('destroyed')
  })
})

/** What arrives of one run at once. */
async function linesOf(container: Container): Promise<string[]> {
  const id = unique()
  const log = container.openLog(id, { limitBytes: 1_000 })
  await run(container, {}, id)
  return (await log.collect({ waitMs: 200 })).lines.map(({ text }) => text)
}
