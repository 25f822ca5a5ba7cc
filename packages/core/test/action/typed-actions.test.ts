import { ApiRequestError, assemble, memoryContainers } from '@stemcell/core'
import { actionClient, ActionFailed, defineAction, InvalidValue } from '@stemcell/core/action'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from '@stemcell/core/schema'

const greet = defineAction({
  name: 'greet',
  parameters: z.strictObject({ name: z.string().min(1), times: z.coerce.number().default(1) }),
  result: z.object({ greeting: z.string() }),
  main: ({ name, times }) => {
    if (name === 'nobody') throw new Error('there is nobody')
    return { greeting: Array.from({ length: times }, () => `Hello, ${name}`).join('; ') }
  },
})

const liar = defineAction({
  name: 'liar',
  parameters: z.object({}),
  result: z.object({ count: z.number() }),
  async main() {
    return { count: 'many' as unknown as number }
  },
})

const absent = defineAction({ name: 'absent', parameters: z.object({}), result: z.object({}) })

async function deployed() {
  const platform = await assemble({ containers: memoryContainers() })
  await platform.subjects.createUser('guest')
  const client = await platform.client('guest')
  const actions = { greet, liar, absent }
  const { call, deploy } = actionClient(client, actions)
  await deploy()
  return { platform, client, call, actions }
}

describe('typed actions', () => {
  it('are functions with the types of their schemas', async () => {
    const { platform, call } = await deployed()
    await using _closed = platform
    expectTypeOf(call.greet).parameter(0).toEqualTypeOf<{ name: string; times?: unknown }>()
    expectTypeOf(call.greet).returns.resolves.toEqualTypeOf<{ greeting: string }>()
    // @ts-expect-error a name that no action has
    expectTypeOf(call.great).not.toBeNever()
    expect(await call.greet({ name: 'you' })).toEqual({ greeting: 'Hello, you' })
    expect(await call.greet({ name: 'you', times: '2' })).toEqual({ greeting: 'Hello, you; Hello, you' })
  })

  it('send nothing that does not fit', async () => {
    const { platform, client, call } = await deployed()
    await using _closed = platform
    // @ts-expect-error a parameter of another type
    const refused = call.greet({ name: 7 })
    await expect(refused).rejects.toThrow(InvalidValue)
    await expect(refused).rejects.toMatchObject({ code: 'ERR_INVALID_VALUE', action: 'greet', part: 'parameters' })
    expect(await client.listActivations()).toEqual([])
  })

  it('return nothing that does not fit, unless nobody looks', async () => {
    const { platform, client, call, actions } = await deployed()
    await using _closed = platform
    await expect(call.liar({})).rejects.toThrow(/^result of liar: count: /)
    const trusting = actionClient(client, actions, { validate: false })
    expect(await trusting.call.liar({})).toEqual({ count: 'many' })
  })

  it('tell with the record that the action failed, and with the status that there is none', async () => {
    const { platform, call } = await deployed()
    await using _closed = platform
    const failed = await call.greet({ name: 'nobody' }).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(ActionFailed)
    expect(failed).toMatchObject({ code: 'ERR_ACTION_FAILED', activation: { name: 'greet' } })
    expect(String(failed)).toContain('there is nobody')
    const missing = await call.absent({}).catch((error: unknown) => error)
    expect(missing).toBeInstanceOf(ApiRequestError)
    expect(missing).toMatchObject({ code: 'ERR_REFUSED', status: 404 })
  })
})
