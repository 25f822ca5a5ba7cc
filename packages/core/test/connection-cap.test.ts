import { describe, expect, it } from 'vitest'
import { silentLogger, VirtualClock } from '../src/index.ts'
import { connectionCap, SECOND_SHARE } from '../src/connection-cap.ts'
import { refusedConnections } from '../src/controller/http/refused-connections.ts'

describe('connectionCap', () => {
  it.each([
    [1_048_576, 8192],
    [16_384, 8192],
    [4096, 2048],
    [1024, 512],
    [200, 100],
    [1, 1],
    [0, 1],
  ])('of %i open files lets %i be connections', (openFiles, connections) => {
    expect(connectionCap(openFiles)).toEqual({ connections, openFiles })
  })

  it('leaves something beside two servers', () => {
    const one = connectionCap(256)
    const other = connectionCap(256, SECOND_SHARE)
    expect([one.connections, other.connections]).toEqual([128, 64])
  })

  it('knows the limit of this process where the system tells it', () => {
    const { connections, openFiles } = connectionCap()
    if (process.platform === 'linux') expect(openFiles).toBeGreaterThan(0)
    expect(connections).toBe(Math.min(8192, Math.floor((openFiles ?? 16_384) / 2)))
  })
})

it('connections that cannot be accepted are logged at once, and then in sums', async () => {
  const clock = new VirtualClock()
  const logged: number[] = []
  const logger = {
    ...silentLogger,
    warn: (fields: object) => void logged.push((fields as { connections: number }).connections),
  }
  const refuse = refusedConnections(logger, clock)
  refuse(new Error('EMFILE'))
  for (let count = 0; count < 1000; count++) refuse(new Error('EMFILE'))
  expect(logged).toEqual([1])
  await clock.advance(10_000)
  expect(logged).toEqual([1, 1000])
  await clock.advance(60_000)
  expect(logged).toEqual([1, 1000])
  refuse(new Error('EMFILE'))
  expect(logged).toEqual([1, 1000, 1])
})
