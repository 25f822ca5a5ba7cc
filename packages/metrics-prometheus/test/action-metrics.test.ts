import { VirtualClock, type EventMessage } from '@stemcell/core'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { ActionMetrics } from '../src/action-metrics.ts'
import { FORGET_MS, MAX_ACTIONS } from '../src/action-series.ts'

function ran(name: string, more: object = {}): EventMessage {
  return {
    source: 'invoker0',
    subject: 'guest',
    namespace: 'guest',
    userId: 'u',
    timestamp: 0,
    body: {
      name,
      activationId: 'a',
      statusCode: 0,
      duration: 5,
      waitTime: 1,
      initTime: 3,
      kind: 'nodejs:20',
      conductor: false,
      memory: 256,
      size: 2,
      ...more,
    },
  }
}

function start() {
  const register = new Registry()
  const clock = new VirtualClock()
  return { register, clock, metrics: new ActionMetrics(register, clock) }
}

describe('series of actions', () => {
  it('do not become more and more: those beyond a number are counted together', async () => {
    const { register, metrics } = start()
    for (let count = 0; count < 20_000; count++) metrics.record(ran(`guest/action-${count}`))
    const text = await register.metrics()
    expect(text).toContain('openwhisk_action_activations_total{namespace="guest",initiator="guest",action="action-0"')
    const others = /openwhisk_action_activations_total\{namespace="other",initiator="other",action="other",.*\} (\d+)/
    expect(others.exec(text)?.[1]).toBe(String(20_000 - MAX_ACTIONS))
    const activations = text.split('\n').filter((line) => line.startsWith('openwhisk_action_activations_total{'))
    expect(activations).toHaveLength(MAX_ACTIONS + 1)
  })

  it('of actions that have not run for an hour are gone, and make room for others', async () => {
    const { register, clock, metrics } = start()
    for (let count = 0; count < MAX_ACTIONS; count++)
      metrics.record(ran(`guest/old-${count}`, { userDefinedStatusCode: 200 }))
    await clock.advance(FORGET_MS / 2)
    metrics.record(ran('guest/old-7', { memory: 512 }))
    metrics.record(ran('guest/old-8'))
    await clock.advance(FORGET_MS / 2 + 1)
    metrics.forgetIdle()
    metrics.record(ran('guest/new'))
    const text = await register.metrics()
    const named = new Set([...text.matchAll(/action="([^"]+)"/g)].map(([, name]) => name))
    expect(named).toEqual(new Set(['other', 'old-8', 'new']))
  })

  it('one that still runs keeps its counts when it had another memory limit before', async () => {
    const { register, clock, metrics } = start()
    metrics.record(ran('guest/one', { memory: 128 }))
    await clock.advance(FORGET_MS - 1)
    metrics.record(ran('guest/one', { memory: 256 }))
    await clock.advance(2)
    metrics.forgetIdle()
    metrics.record(ran('guest/one', { memory: 256 }))
    expect(await register.metrics()).toContain(
      'openwhisk_action_duration_seconds_count{namespace="guest",initiator="guest",action="one"} 3',
    )
  })

  it('status codes that an action makes up are counted together', async () => {
    const { register, metrics } = start()
    for (let code = 0; code < 5000; code++) metrics.record(ran('guest/one', { userDefinedStatusCode: code * 7 }))
    const codes = (await register.metrics())
      .split('\n')
      .filter((line) => line.startsWith('openwhisk_action_status_code{'))
    expect(codes.length).toBeLessThan(100)
  })
})
