import { silentLogger, VirtualClock } from '@stemcell/core'
import type Dockerode from 'dockerode'
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { EngineEvents, type EngineEvent } from '../src/engine/engine-events.ts'

it('an event that cannot be read ends nothing: every container is looked at anew', async () => {
  const clock = new VirtualClock()
  const streams: PassThrough[] = []
  const docker = { getEvents: () => Promise.resolve(streams[streams.push(new PassThrough()) - 1]) }
  const heard: EngineEvent[] = []
  let reconnected = 0
  const events = new EngineEvents(docker as unknown as Dockerode, 'f', clock, silentLogger, {
    heard: (event) => void heard.push(event),
    reconnected: () => void reconnected++,
  })
  await events.open()
  streams[0]!.write('{"Action":"die","Actor":\n')
  await clock.advance(5_000)
  expect([reconnected, streams.length]).toEqual([1, 2])
  streams[1]!.write('{"Action":"die","Actor":{"ID":"c","Attributes":{"exitCode":"3"}}}\n')
  await clock.advance(1)
  expect(heard).toEqual([{ id: 'c', action: 'die', exitCode: 3 }])
  events.close()
})
