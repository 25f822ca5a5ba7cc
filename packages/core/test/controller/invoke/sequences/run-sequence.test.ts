import { describe, expect, it } from 'vitest'
import { PlatformError } from '../../../../src/errors.ts'
import type { JsonObject, JsonValue } from '../../../../src/model/json.ts'
import { JsonText } from '../../../../src/model/json-text.ts'
import { annotation, answerOf, ComposingRig } from '../composing-rig.ts'
import { LOST, ScriptedEnd } from '../scripted-activator.ts'

const echo = (args: JsonValue): JsonValue => args

/** Adds a mark to the list `trail`. */
function marks(mark: string) {
  return (args: JsonValue): JsonValue => ({ trail: [...(((args as JsonObject)['trail'] as string[]) ?? []), mark] })
}

describe('running a sequence', () => {
  it('gives each component the result of the one before and answers with the last', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', marks('a'))
    await rig.action('ns/b', marks('b'))
    await rig.sequence('ns/seq', ['ns/a', 'ns/b', 'ns/a'])
    const record = await rig.invoke('ns/seq', { trail: ['start'] })
    expect(answerOf(record)).toEqual({ statusCode: 0, result: { trail: ['start', 'a', 'b', 'a'] } })
  })

  it('passes payload and results on as the text they came as', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', echo)
    await rig.sequence('ns/seq', ['ns/a', 'ns/a'])
    const request = await rig.request('ns/seq', { x: 1 })
    const { activation } = await rig.activator.activate(request)
    const [first, second] = rig.inner.steps
    expect(first!.request.payload).toBe(request.payload)
    expect(second!.request.payload!.text).toBe('{"x":1}')
    expect(activation!.response.size).toBe(7)
  })

  it('lays arguments over the parameters of component, package and binding, not over its own', async () => {
    const rig = await ComposingRig.start()
    await rig.package('ns/pkg', { parameters: { p: 'pkg', b: 'pkg', a: 'pkg', r: 'pkg' } })
    await rig.package('ns/bound', { parameters: { b: 'bound', a: 'bound', r: 'bound' }, binding: 'ns/pkg' })
    await rig.action('ns/pkg/act', echo, { parameters: { a: 'act', r: 'act' } })
    await rig.sequence('ns/pkg/seq', ['ns/bound/act'], { parameters: { own: 'never' } })
    const record = await rig.invoke('ns/pkg/seq', { r: 'request' })
    expect(answerOf(record).result).toEqual({ p: 'pkg', b: 'bound', a: 'act', r: 'request' })
    expect(rig.inner.steps[0]!.request.binding).toBe('ns/bound')
  })

  it('passes arrays on untouched', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/list', () => [1, { two: 2 }])
    await rig.action('ns/a', (args) => args, { parameters: { p: 1 } })
    await rig.sequence('ns/seq', ['ns/list', 'ns/a'])
    expect(answerOf(await rig.invoke('ns/seq')).result).toEqual([1, { two: 2 }])
  })

  it('gives a component only its own parameters after a result that is neither object nor array', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/none', () => new ScriptedEnd({ statusCode: 0 }))
    await rig.action('ns/a', echo, { parameters: { p: 1 } })
    await rig.sequence('ns/seq', ['ns/none', 'ns/a'])
    expect(answerOf(await rig.invoke('ns/seq', { x: 1 })).result).toEqual({ p: 1 })
  })

  it('stops at a component that ends with an error, with its status and result', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', echo)
    await rig.action('ns/fails', () => ({ error: 'no', other: 1 }))
    await rig.sequence('ns/seq', ['ns/a', 'ns/fails', 'ns/a'])
    const record = await rig.invoke('ns/seq')
    expect(answerOf(record)).toEqual({ statusCode: 1, result: { error: 'no' } })
    expect(rig.inner.steps.map(({ action }) => action)).toEqual(['ns/a', 'ns/fails'])
    expect(record.logs).toEqual(rig.inner.steps.map(({ activationId }) => activationId))
  })

  it.each([2, 3] as const)('takes over the status %i of the component that failed', async (statusCode) => {
    const rig = await ComposingRig.start()
    const result = JsonText.of({ error: 'why' })
    await rig.action('ns/fails', () => new ScriptedEnd({ statusCode, result }))
    await rig.sequence('ns/seq', ['ns/fails', 'ns/fails'])
    expect(answerOf(await rig.invoke('ns/seq'))).toEqual({ statusCode, result: { error: 'why' } })
    expect(rig.inner.steps).toHaveLength(1)
  })

  it('is not stopped by an error in the payload', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', (args) => ({ got: args }))
    await rig.sequence('ns/seq', ['ns/a'])
    expect(answerOf(await rig.invoke('ns/seq', { error: 'given' }))).toEqual({
      statusCode: 0,
      result: { got: { error: 'given' } },
    })
  })

  it('stops at a successful result that has an error member, as a composition may give it', async () => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', () => ({ params: { error: 'said' } }))
    await rig.action('ns/a', echo)
    await rig.sequence('ns/seq', ['ns/c', 'ns/a'])
    expect(answerOf(await rig.invoke('ns/seq'))).toEqual({ statusCode: 0, result: { error: 'said' } })
    expect(rig.inner.steps.map(({ action }) => action)).toEqual(['ns/c'])
  })

  it('ends with an application error where a component vanished, having run those before it', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', echo)
    await rig.sequence('ns/seq', ['ns/a', 'ns/gone', 'ns/a'])
    const record = await rig.invoke('ns/seq')
    expect(answerOf(record)).toEqual({ statusCode: 1, result: { error: 'Sequence component does not exist.' } })
    expect(record.logs).toHaveLength(1)
  })

  it('treats a component whose package is private to others as one that does not exist', async () => {
    const rig = await ComposingRig.start()
    await rig.package('other/private', {})
    await rig.action('other/private/a', echo)
    await rig.sequence('ns/inner', ['other/private/a'])
    await rig.sequence('ns/seq', ['ns/inner'])
    expect(answerOf(await rig.invoke('ns/seq')).result).toEqual({ error: 'Sequence component does not exist.' })
    expect(rig.inner.steps).toEqual([])
  })

  it('runs nothing for a caller who may read but not activate', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', echo)
    await rig.sequence('ns/seq', ['ns/a'])
    const request = await rig.request('ns/seq', {})
    const { activation } = await rig.activator.activate({ ...request, user: { ...rig.user, rights: ['READ'] } })
    expect(answerOf(activation!).result).toEqual({ error: 'Sequence component does not exist.' })
    expect(rig.inner.steps).toEqual([])
  })

  it('runs no more atomic actions than the limit, however they are nested', async () => {
    const rig = await ComposingRig.start({ maxLength: 5 })
    await rig.action('ns/a', echo)
    await rig.sequence('ns/three', ['ns/a', 'ns/a', 'ns/a'])
    await rig.sequence('ns/five', ['ns/three', 'ns/a', 'ns/a'])
    await rig.sequence('ns/six', ['ns/three', 'ns/three'])
    expect(answerOf(await rig.invoke('ns/five')).statusCode).toBe(0)
    rig.inner.steps.length = 0
    expect(answerOf(await rig.invoke('ns/six'))).toEqual({
      statusCode: 1,
      result: { error: 'Too many actions in the sequence.' },
    })
    expect(rig.inner.steps).toHaveLength(5)
  })

  it('ends a sequence that came to contain itself: at the limit, or at once when nothing runs in between', async () => {
    const rig = await ComposingRig.start({ maxLength: 4 })
    await rig.action('ns/a', echo)
    await rig.sequence('ns/round', ['ns/a', 'ns/round'])
    await rig.sequence('ns/empty', ['ns/other'])
    await rig.sequence('ns/other', ['ns/empty'])
    const error = { error: 'Too many actions in the sequence.' }
    expect(answerOf(await rig.invoke('ns/round'))).toEqual({ statusCode: 1, result: error })
    expect(rig.inner.steps).toHaveLength(4)
    expect(answerOf(await rig.invoke('ns/empty'))).toEqual({ statusCode: 1, result: error })
    expect(rig.inner.steps).toHaveLength(4)
  })

  it('waits for a component for its time limit and a minute, and then ends with a whisk error that names it', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/slow', () => LOST, { limits: { timeout: 5_000 } })
    await rig.sequence('ns/seq', ['ns/slow', 'ns/slow'])
    const asked = rig.activate('ns/seq', undefined, { waitMs: 100_000 })
    await rig.clock.advance(64_999)
    expect(rig.activator.inFlight('uuid-of-ns')).toBe(1)
    await rig.clock.advance(1)
    const { activation } = await asked
    const [{ activationId, request }] = rig.inner.steps as [(typeof rig.inner.steps)[0]]
    expect(request.waitMs).toBe(65_000)
    expect(answerOf(activation!)).toEqual({
      statusCode: 3,
      result: { error: `Timeout reached when retrieving activation ${activationId} for sequence component.` },
    })
    expect(activation!.logs).toEqual([activationId])
  })

  it('ends with a whisk error when a component is refused', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', () => {
      throw new PlatformError('ERR_UNAVAILABLE', 'no invoker')
    })
    await rig.sequence('ns/seq', ['ns/a'])
    expect(answerOf(await rig.invoke('ns/seq'))).toEqual({ statusCode: 3, result: { error: 'Sequence failed.' } })
  })

  it('ends with a whisk error when the store cannot be read for a component', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', echo)
    await rig.sequence('ns/seq', ['ns/a'])
    const request = await rig.request('ns/seq', {})
    await rig.entities.close()
    const { activation } = await rig.activator.activate(request)
    expect(answerOf(activation!)).toEqual({ statusCode: 3, result: { error: 'Sequence failed.' } })
  })

  it('reads the store once per component and not again while it is cached', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', echo)
    await rig.sequence(
      'ns/seq',
      Array.from({ length: 20 }, () => 'ns/a'),
    )
    const reads: string[] = []
    const read = rig.entities.get.bind(rig.entities)
    rig.entities.get = (id) => {
      reads.push(id)
      return read(id)
    }
    await rig.invoke('ns/seq')
    await rig.invoke('ns/seq')
    expect(reads.sort()).toEqual(['ns/a', 'ns/seq'])
  })

  it('runs each component in a transaction of its own, logged like that of the sequence', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', async (args) => {
      await rig.clock.sleep(30)
      return args
    })
    await rig.sequence('ns/seq', ['ns/a', 'ns/a'])
    const asked = rig.activate('ns/seq', {}, { extraLogging: true })
    await rig.clock.advance(60)
    const { activation } = await asked
    const [first, second] = rig.inner.steps.map(({ request }) => request.transaction)
    expect(second!.start - first!.start).toBe(30)
    expect(new Set([first!.id, second!.id, 'tid']).size).toBe(3)
    expect([first!.extraLogging, second!.extraLogging]).toEqual([true, true])
    expect(rig.inner.steps.map(({ request }) => request.cause)).toEqual([
      activation!.activationId,
      activation!.activationId,
    ])
  })
})

describe("a sequence's record", () => {
  it('has the annotations in their order, the ids of its components, and the sum of their durations', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/small', echo, { limits: { memory: 128, timeout: 1000 } })
    await rig.action('ns/large', echo, { limits: { memory: 512 } })
    await rig.sequence('ns/seq', ['ns/small', 'ns/large'], {
      version: '1.2.3',
      limits: { timeout: 7000, logs: 3, memory: 384, concurrency: 5 },
    })
    rig.inner.take(40)
    const record = await rig.invoke('ns/seq', { x: 1 })
    expect(record).toMatchObject({
      namespace: 'ns',
      name: 'seq',
      version: '1.2.3',
      subject: 'subject',
      publish: false,
      duration: 80,
      logs: rig.inner.steps.map(({ activationId }) => activationId),
    })
    expect(record.end).toBe(record.start)
    expect(record).not.toHaveProperty('cause')
    expect(record.annotations).toEqual([
      { key: 'topmost', value: true },
      { key: 'path', value: 'ns/seq' },
      { key: 'kind', value: 'sequence' },
      { key: 'waitTime', value: 0 },
      { key: 'limits', value: { timeout: 7000, memory: 512, logs: 3, concurrency: 1 } },
    ])
    expect(await rig.record(record.activationId)).toEqual(record)
  })

  it('has no limits when no component ran', async () => {
    const rig = await ComposingRig.start()
    await rig.sequence('ns/seq', ['ns/gone'])
    const record = await rig.invoke('ns/seq')
    expect(record.annotations.map(({ key }) => key)).toEqual(['topmost', 'path', 'kind', 'waitTime'])
    expect(record.duration).toBe(0)
  })

  it('names the binding through which it was invoked, and its real path', async () => {
    const rig = await ComposingRig.start()
    await rig.package('ns/pkg', {})
    await rig.package('ns/bound', { binding: 'ns/pkg' })
    await rig.action('ns/a', echo)
    await rig.sequence('ns/pkg/seq', ['ns/a'])
    const record = await rig.invoke('ns/bound/seq')
    expect(record.annotations.map(({ key }) => key)).toEqual([
      'topmost',
      'path',
      'kind',
      'waitTime',
      'binding',
      'limits',
    ])
    expect(annotation(record, 'binding')).toBe('ns/bound')
    expect(annotation(record, 'path')).toBe('ns/pkg/seq')
  })

  it('tells how long the request had waited', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', echo)
    await rig.sequence('ns/seq', ['ns/a'])
    const request = await rig.request('ns/seq', {})
    await rig.clock.advance(12)
    const { activation } = await rig.activator.activate(request)
    expect(annotation(activation!, 'waitTime')).toBe(12)
  })

  it('of an inner sequence says what caused it; the outer lists its id and adds up its duration', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/a', echo, { limits: { memory: 512 } })
    await rig.sequence('ns/inner', ['ns/a', 'ns/a'])
    await rig.sequence('ns/outer', ['ns/inner', 'ns/a'])
    rig.inner.take(10)
    const outer = await rig.invoke('ns/outer')
    expect(outer.logs).toHaveLength(2)
    expect(outer.duration).toBe(30)
    expect(annotation(outer, 'limits')).toMatchObject({ memory: 512 })

    const inner = await rig.record(outer.logs[0]!)
    expect(inner!.cause).toBe(outer.activationId)
    expect(inner!.annotations.slice(0, 4)).toEqual([
      { key: 'topmost', value: false },
      { key: 'path', value: 'ns/inner' },
      { key: 'kind', value: 'sequence' },
      { key: 'causedBy', value: 'sequence' },
    ])
    const [first, second, third] = rig.inner.steps
    expect(inner!.logs).toEqual([first!.activationId, second!.activationId])
    expect(first!.request.cause).toBe(inner!.activationId)
    expect(third!.request.cause).toBe(outer.activationId)
  })
})
