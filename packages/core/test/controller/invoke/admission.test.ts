import { describe, expect, it, vi } from 'vitest'
import { ActivationGoesOn } from '../../../src/controller/invoke/activation-goes-on.ts'
import { invokeNamed } from '../../../src/controller/invoke/invoke-named.ts'
import { withAdmission, type InvokeServices } from '../../../src/controller/invoke/invoke-resolved.ts'
import { PlatformError, type Identity } from '../../../src/index.ts'

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

describe('the place of an invocation in the limits of its namespace', () => {
  it('is given back when nothing was begun', async () => {
    const { leave, services } = admitting()
    const error = new PlatformError('ERR_UNAVAILABLE', 'no queue')
    await expect(withAdmission(services, user, () => Promise.reject(error))).rejects.toBe(error)
    expect(leave).toHaveBeenCalledTimes(1)
  })

  it('is kept while the activation goes on, though its caller is told an error', async () => {
    const { leave, services } = admitting()
    const error = new ActivationGoesOn(new Error('no store'))
    await expect(withAdmission(services, user, () => Promise.reject(error))).rejects.toBe(error)
    expect(leave).not.toHaveBeenCalled()
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
