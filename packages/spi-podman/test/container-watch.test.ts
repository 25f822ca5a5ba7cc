import { LogDemultiplexer, silentLogger, VirtualClock } from '@stemcell/core'
import type { ControlGroup } from '@stemcell/core/container-engine'
import { expect, it } from 'vitest'
import { ContainerWatch } from '../src/container/container-watch.ts'
import type { PodmanEngine } from '../src/engine/podman-engine.ts'

it('how a container ended is found out although the first looks fail for want of descriptors', async () => {
  const clock = new VirtualClock()
  const exhausted = (): never => {
    throw Object.assign(new Error('too many open files'), { code: 'EMFILE' })
  }
  let looks = 0
  const engine = {
    attach: () => Promise.resolve({ ended: Promise.resolve(), close: () => undefined }),
    inspect: () =>
      ++looks < 4
        ? Promise.reject(new Error('EMFILE'))
        : Promise.resolve({ status: 'ended', exitCode: 3, oomKilled: false }),
  }
  const watch = new ContainerWatch({
    id: 'c',
    engine: engine as unknown as PodmanEngine,
    logs: new LogDemultiplexer({ kind: 'attributed', token: 't' }, clock),
    clock,
    logger: silentLogger,
  })
  watch.observe({ oomKills: exhausted } as unknown as ControlGroup)
  await watch.attach()
  await clock.advance(10_000)
  expect(await watch.exited).toEqual({ reason: 'exited', exitCode: 3 })
  expect(looks).toBe(4)
})
