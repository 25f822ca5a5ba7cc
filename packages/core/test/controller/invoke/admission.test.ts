import { describe, expect, it, vi } from 'vitest'
import { ActivationGoesOn } from '../../../src/controller/invoke/activation-goes-on.ts'
import { invokeNamed } from '../../../src/controller/invoke/invoke-named.ts'
import type { InvokeServices } from '../../../src/controller/invoke/invoke-resolved.ts'
import { PlatformError, type Identity } from '../../../src/index.ts'
import { ApiClient } from '../api-client.ts'
import { ScriptedActivator } from '../scripted-activator.ts'
import { TestController } from '../test-controller.ts'

const user: Identity = {
  subject: 'guest',
  namespace: { name: 'guest', uuid: 'u-1' },
  authkey: { uuid: 'u-1', key: 'k'.repeat(64) },
  rights: ['ACTIVATE'],
  limits: {},
}

/** Somebody who lets everybody in; `leave` is called when a place is given back. */
function admitting() {
  const leave = vi.fn<() => void>()
  const services = { throttle: { admitInvocation: () => leave } } as unknown as InvokeServices
  return { leave, services }
}

const ENDS = [
  { what: 'given back when nothing was begun', error: new PlatformError('ERR_UNAVAILABLE', 'no queue'), times: 1 },
  { what: 'kept while the activation goes on', error: new ActivationGoesOn(new Error('no store')), times: 0 },
]

describe('the place of an invocation in the limits of its namespace', () => {
  it.each(ENDS)('is $what, whatever a caller of a web action is told', async ({ error, times }) => {
    const activator = new ScriptedActivator()
    activator.answer = () => Promise.reject(error)
    const controller = await TestController.start({ activator })
    try {
      const api = new ApiClient(controller)
      await api.putAction('a', { annotations: [{ key: 'web-export', value: true }] })
      const leave = vi.spyOn(controller.parts.rateLimiter, 'leave')
      expect((await api.send('GET', '/api/v1/web/owner/default/a.json')).status).toBe(503)
      expect(leave).toHaveBeenCalledTimes(times)
    } finally {
      await controller.stop()
    }
  })

  it('is given back and kept alike when the action is named', async () => {
    for (const [error, times] of [
      [new PlatformError('ERR_UNAVAILABLE', 'no store of entities'), 1],
      [new ActivationGoesOn(new Error('no store')), 0],
    ] as const) {
      const { leave, services } = admitting()
      const failing: InvokeServices = {
        ...services,
        get cache(): never {
          throw error
        },
      }
      const invoked = async (): Promise<unknown> =>
        invokeNamed(
          failing,
          { user, transaction: { id: 't', start: 1 } },
          { namespace: 'guest', path: 'guest', name: 'a' } as never,
          () => ({ blocking: false, waitMs: 0 }),
        )
      await expect(invoked()).rejects.toBe(error)
      expect(leave).toHaveBeenCalledTimes(times)
    }
  })
})
