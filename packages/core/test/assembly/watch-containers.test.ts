import { afterEach, describe, expect, it } from 'vitest'
import { assemble, memoryContainers, type ContainerView, type Platform } from '../../src/index.ts'
import { eventually } from '../../../../test/eventually.ts'

let platform: Platform

afterEach(() => platform.close())

async function start(): Promise<() => Promise<unknown>> {
  platform = await assemble({ containers: memoryContainers(), invoker: { pauseGraceMs: 20 } })
  await platform.subjects.createUser('guest')
  const guest = await platform.client('guest')
  await guest.putAction('hi', { exec: { kind: 'nodejs:20', code: 'function main() { return { hi: true } }' } })
  return () => guest.invoke('hi')
}

describe('watching the containers of an invoker', () => {
  it('tells each change of a container, and whose it is', async () => {
    const invoke = await start()
    const seen: ContainerView[] = []
    platform.invoker.watchContainers((view) => seen.push(view))
    await invoke()
    const mine = (): ContainerView[] => seen.filter(({ of }) => of?.action === 'guest/hi')
    await eventually('suspended', () => mine().some(({ phase }) => phase === 'suspended'))
    const [first] = mine()
    expect(first!.of).toEqual({ namespace: 'guest', action: 'guest/hi', kind: 'nodejs:20' })
    expect(first!.memoryMb).toBe(256)
    const phases = mine()
      .filter(({ id }) => id === first!.id)
      .map(({ phase }) => phase)
    // A container is told again when something else about it changes.
    const changes = phases.filter((phase, index) => phase !== phases[index - 1])
    expect(changes.slice(-4)).toEqual(['initialising', 'hot', 'idle', 'suspended'])
  })

  it('begins with the containers there are, and ends when it is stopped', async () => {
    const invoke = await start()
    await invoke()
    const seen: ContainerView[] = []
    const stop = platform.invoker.watchContainers((view) => seen.push(view))
    expect(seen.some(({ of }) => of?.action === 'guest/hi')).toBe(true)
    stop()
    const before = seen.length
    await invoke()
    expect(seen.length).toBe(before)
  })

  it('stem cells are told with their kind', async () => {
    await start()
    const seen: ContainerView[] = []
    platform.invoker.watchContainers((view) => seen.push(view))
    await eventually('stem cell', () =>
      seen.some(({ phase, stemKind }) => phase === 'stem' && stemKind === 'nodejs:20'),
    )
  })

  it('a listener that throws disturbs nobody', async () => {
    const invoke = await start()
    platform.invoker.watchContainers(() => {
      throw new Error('broken')
    })
    await expect(invoke()).resolves.toMatchObject({ response: { result: { hi: true } } })
  })

  it('removed containers are told as gone', async () => {
    const invoke = await start()
    const seen: ContainerView[] = []
    platform.invoker.watchContainers((view) => seen.push(view))
    await invoke()
    await platform.close()
    const last = new Map(seen.map(({ id, phase }) => [id, phase]))
    expect(new Set(last.values())).toEqual(new Set(['gone']))
  })

  it('the controller tells its invokers', async () => {
    await start()
    expect(platform.controller.members).toEqual([
      expect.objectContaining({ id: 0, name: 'invoker0', state: 'healthy', memoryMb: 2048, inFlight: 0 }),
    ])
  })
})
