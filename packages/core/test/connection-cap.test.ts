import { createServer, Server } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { assemble, memoryContainers, silentLogger, VirtualClock } from '../src/index.ts'
import { connectionCap, SECOND_SHARE } from '../src/connection-cap.ts'
import { tellRefusedConnections } from '../src/controller/http/refused-connections.ts'

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

it('connections that are refused are logged at once, and then in sums', async () => {
  const clock = new VirtualClock()
  const logged: number[] = []
  const why: string[] = []
  const logger = {
    ...silentLogger,
    warn: (fields: object) => {
      const { connections, err } = fields as { connections: number; err: Error }
      logged.push(connections)
      why.push(err.message)
    },
  }
  const server = createServer()
  server.maxConnections = 128
  tellRefusedConnections(server, logger, clock)
  const refuse = (error: Error): boolean => server.emit('error', error)
  refuse(new Error('EMFILE'))
  for (let count = 0; count < 1000; count++) refuse(new Error('EMFILE'))
  expect(logged).toEqual([1])
  await clock.advance(10_000)
  expect(logged).toEqual([1, 1000])
  await clock.advance(60_000)
  expect(logged).toEqual([1, 1000])
  refuse(new Error('EMFILE'))
  expect(logged).toEqual([1, 1000, 1])
  await clock.advance(10_000)
  server.emit('drop')
  expect(why.at(-1)).toBe('128 connections are open, and no more may be')
})

it('as many connections as may be open may wait to be accepted', async () => {
  const listen = vi.spyOn(Server.prototype, 'listen')
  const platform = await assemble({ containers: memoryContainers() })
  await platform.listen({ port: 0 })
  const { connections } = connectionCap()
  expect(listen.mock.calls).toEqual([[expect.objectContaining({ backlog: connections }), expect.any(Function)]])
  listen.mockRestore()
  await platform.close()
})
