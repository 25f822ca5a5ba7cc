import { describe, expect, it } from 'vitest'
import { PlatformError } from '../../../../src/errors.ts'
import type { JsonObject, JsonValue } from '../../../../src/model/json.ts'
import { JsonText } from '../../../../src/model/json-text.ts'
import { annotation, answerOf, ComposingRig } from '../composing-rig.ts'
import { LOST, ScriptedEnd, type Script } from '../scripted-activator.ts'

const increment = (args: JsonValue): JsonValue => ({ n: ((args as JsonObject)['n'] as number) + 1 })

/** A conductor that gives its answers one after the other, whatever it is told. */
function inTurn(...answers: readonly JsonValue[]): Script {
  let at = 0
  return () => answers[at++] ?? { params: { done: true } }
}

/** What the actions were told, in order. */
function told(rig: ComposingRig): [string, JsonValue][] {
  return rig.inner.steps.map(({ action, args }) => [action, args])
}

describe('running a composition', () => {
  it('alternates between the conductor and the actions it names', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/increment', increment)
    await rig.conductor('ns/triple', (args) => {
      const { n, step = 0 } = args as { n: number; step?: number }
      return step < 3 ? { action: 'increment', params: { n }, state: { step: step + 1 } } : { params: { n } }
    })
    const record = await rig.invoke('ns/triple', { n: 3 })
    expect(answerOf(record)).toEqual({ statusCode: 0, result: { n: 6 } })
    expect(rig.inner.steps.map(({ action }) => action)).toEqual(
      ['triple', 'increment', 'triple', 'increment', 'triple', 'increment', 'triple'].map((name) => `ns/${name}`),
    )
    expect(record.logs).toEqual(rig.inner.steps.map(({ activationId }) => activationId))
  })

  it('is not taken for one when the annotation is falsy, or on a sequence', async () => {
    const rig = await ComposingRig.start()
    await rig.action('ns/plain', () => ({ action: 'other' }), { annotations: { conductor: '' } })
    await rig.sequence('ns/seq', ['ns/plain'], { annotations: { conductor: true } })
    expect(answerOf(await rig.invoke('ns/plain')).result).toEqual({ action: 'other' })
    const record = await rig.invoke('ns/seq')
    expect(answerOf(record).result).toEqual({ action: 'other' })
    expect(annotation(record, 'conductor')).toBeUndefined()
  })

  it('answers with the whole result when there are no params', async () => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', () => ({ x: 1, state: 2 }))
    expect(answerOf(await rig.invoke('ns/c'))).toEqual({ statusCode: 0, result: { x: 1, state: 2 } })
  })

  it.each<[JsonValue, JsonValue]>([
    [{ a: 1 }, { a: 1 }],
    [7, { value: 7 }],
    [null, { value: null }],
    [[1], { value: [1] }],
  ])('boxes params %j as %j', async (params, boxed) => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', inTurn({ action: 'echo', params }, { params }))
    await rig.action('ns/echo', (args) => args)
    expect(answerOf(await rig.invoke('ns/c')).result).toEqual(boxed)
    expect(rig.inner.steps[1]!.args).toEqual(boxed)
  })

  it.each<[JsonValue, JsonObject]>([
    [
      { n: 'state', s: 1 },
      { n: 'state', m: 2, s: 1 },
    ],
    [7, { n: 1, m: 2, state: 7 }],
    [null, { n: 1, m: 2, state: null }],
  ])('lays the state %j over the result of the action', async (state, expected) => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', inTurn({ action: 'a', state }))
    await rig.action('ns/a', () => ({ n: 1, m: 2 }))
    await rig.invoke('ns/c')
    expect(rig.inner.steps[2]!.args).toEqual(expected)
  })

  it('gives the action only its own parameters when there are no params', async () => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', inTurn({ action: 'a' }))
    await rig.action('ns/a', (args) => args, { parameters: { own: 1 } })
    await rig.invoke('ns/c', { given: 1 })
    expect(told(rig)).toEqual([
      ['ns/c', { given: 1 }],
      ['ns/a', { own: 1 }],
      ['ns/c', { own: 1 }],
    ])
  })

  it('passes a result on as the text it came as when there is no state', async () => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', inTurn({ action: 'a' }))
    const response = { statusCode: 0, result: (await rig.request('ns/c', { big: 'x' })).payload! } as const
    await rig.action('ns/a', () => new ScriptedEnd(response))
    await rig.invoke('ns/c')
    expect(rig.inner.steps[2]!.request.payload).toBe(response.result)
  })

  it("merges the conductor's own parameters into every run of it", async () => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', inTurn({ action: 'a', params: {} }), { parameters: { p: 'own', q: 'own' } })
    await rig.action('ns/a', () => ({ q: 'result' }))
    await rig.invoke('ns/c', { p: 'given' })
    expect(told(rig)).toEqual([
      ['ns/c', { p: 'given', q: 'own' }],
      ['ns/a', {}],
      ['ns/c', { p: 'own', q: 'result' }],
    ])
  })

  it('boxes an array that the action results in', async () => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', inTurn({ action: 'list', state: { s: 1 } }, { action: 'list' }))
    await rig.action('ns/list', () => [1, 2])
    await rig.invoke('ns/c')
    expect(rig.inner.steps[2]!.args).toEqual({ value: [1, 2], s: 1 })
    expect(rig.inner.steps[4]!.args).toEqual({ value: [1, 2] })
  })

  it('ends with the error of the conductor', async () => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', () => ({ error: 'no', action: 'a' }))
    expect(answerOf(await rig.invoke('ns/c'))).toEqual({ statusCode: 1, result: { error: 'no' } })
    expect(rig.inner.steps).toHaveLength(1)
  })

  it('ends with the error of the conductor whatever else a foreign runtime lets through', async () => {
    const rig = await ComposingRig.start()
    const result = JsonText.of({ error: 'no', action: 'a', params: { x: 1 } })
    await rig.conductor('ns/c', () => new ScriptedEnd({ statusCode: 2, result }))
    const record = await rig.invoke('ns/c')
    expect(record.response).toEqual({ statusCode: 2, result })
    expect(rig.inner.steps).toHaveLength(1)
  })

  it('tells the conductor of the error of an action', async () => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', inTurn({ action: 'fails', state: { s: 1 } }))
    await rig.action('ns/fails', () => ({ error: 'no' }))
    expect(answerOf(await rig.invoke('ns/c'))).toEqual({ statusCode: 0, result: { done: true } })
    expect(rig.inner.steps[2]!.args).toEqual({ error: 'no', s: 1 })
  })

  it.each<[string, JsonValue, string]>([
    ['cannot be parsed', '/a', 'Failed to parse action name from json value "/a" during composition.'],
    ['is no text', { a: [1] }, 'Failed to parse action name from json value {"a":[1]} during composition.'],
    ['is null', null, 'Failed to parse action name from json value null during composition.'],
    ['does not exist', 'gone', "Failed to resolve action with name 'ns/gone' during composition."],
    [
      'does not exist in its package',
      'pkg/gone',
      "Failed to resolve action with name 'ns/pkg/gone' during composition.",
    ],
    ['is a package', 'pkg', "Failed to resolve action with name 'ns/pkg' during composition."],
    ['is of another', '/other/a', "Failed entitlement check for action with name 'other/a' during composition."],
    ['has no package', 'no/a', "Failed entitlement check for action with name 'ns/no/a' during composition."],
  ])('tells the conductor that the name %s', async (_, action, error) => {
    const rig = await ComposingRig.start()
    await rig.package('ns/pkg', {})
    await rig.action('other/a', () => ({}))
    await rig.conductor('ns/c', inTurn({ action, params: { x: 1 }, state: { s: 1 } }))
    const record = await rig.invoke('ns/c')
    expect(answerOf(record)).toEqual({ statusCode: 0, result: { done: true } })
    expect(told(rig)).toEqual([
      ['ns/c', {}],
      ['ns/c', { error, s: 1 }],
    ])
    expect(record.logs).toHaveLength(2)
  })

  it('ends when the conductor results in something that is no object', async () => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', () => [1])
    expect(answerOf(await rig.invoke('ns/c'))).toEqual({
      statusCode: 3,
      result: { error: 'Activation failure during composition.' },
    })
  })

  it.each(['ns/c', 'ns/a'])('ends with a whisk error when %s is refused', async (refused) => {
    const rig = await ComposingRig.start()
    const refuse = (): never => {
      throw new PlatformError('ERR_UNAVAILABLE', 'no invoker')
    }
    await rig.conductor('ns/c', refused === 'ns/c' ? refuse : () => ({ action: 'a' }))
    await rig.action('ns/a', refuse)
    expect(answerOf(await rig.invoke('ns/c'))).toEqual({
      statusCode: 3,
      result: { error: 'Activation failure during composition.' },
    })
  })

  it.each([
    ['the conductor', 0],
    ['an action', 1],
  ])('waits for %s for its time limit and a minute', async (_, lostStep) => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', () => (lostStep === 0 ? LOST : { action: 'a' }), { limits: { timeout: 1000 } })
    await rig.action('ns/a', () => LOST, { limits: { timeout: 1000 } })
    const asked = rig.activate('ns/c', {}, { waitMs: 100_000 })
    await rig.clock.advance(61_000)
    const { activation } = await asked
    const { activationId } = rig.inner.steps[lostStep]!
    expect(answerOf(activation!)).toEqual({
      statusCode: 3,
      result: { error: `Timeout reached when retrieving activation ${activationId} during composition.` },
    })
    expect(activation!.logs.at(-1)).toBe(activationId)
  })

  it('runs any number of actions up to the limit, and tells the conductor of the one too many', async () => {
    const rig = await ComposingRig.start({ maxLength: 3 })
    const errors: JsonValue[] = []
    await rig.conductor('ns/c', (args) => {
      const { error } = args as JsonObject
      if (error !== undefined) errors.push(error)
      return error === undefined ? { action: 'a' } : { params: { gaveUp: true } }
    })
    await rig.action('ns/a', () => ({}))
    expect(answerOf(await rig.invoke('ns/c'))).toEqual({ statusCode: 0, result: { gaveUp: true } })
    expect(errors).toEqual(['Too many actions in the composition.'])
    expect(rig.inner.steps.filter(({ action }) => action === 'ns/a')).toHaveLength(3)
  })

  it('ends with an application error when the conductor ran 2n+1 times and is not done', async () => {
    const rig = await ComposingRig.start({ maxLength: 3 })
    await rig.conductor('ns/c', () => ({ action: 'a' }))
    await rig.action('ns/a', () => ({}))
    expect(answerOf(await rig.invoke('ns/c'))).toEqual({
      statusCode: 1,
      result: { error: 'Too many actions in the composition.' },
    })
    expect(rig.inner.steps.filter(({ action }) => action === 'ns/c')).toHaveLength(7)
    expect(rig.inner.steps.filter(({ action }) => action === 'ns/a')).toHaveLength(3)
  })

  it('shares both budgets with the compositions nested in it, directly or through a sequence', async () => {
    const rig = await ComposingRig.start({ maxLength: 3 })
    await rig.action('ns/a', () => ({}))
    await rig.conductor('ns/direct', () => ({ action: 'direct' }))
    await rig.conductor('ns/indirect', () => ({ action: 'seq' }))
    await rig.sequence('ns/seq', ['ns/indirect'])
    for (const name of ['ns/direct', 'ns/indirect']) {
      rig.inner.steps.length = 0
      expect(answerOf(await rig.invoke(name)).statusCode).toBe(1)
      expect(rig.inner.steps).toHaveLength(7)
    }
  })

  it('counts a sequence as one action, and a composition nested in it by its conductor only', async () => {
    const rig = await ComposingRig.start({ maxLength: 3 })
    await rig.action('ns/a', () => ({}))
    await rig.sequence('ns/seq', ['ns/a', 'ns/a', 'ns/a'])
    await rig.conductor('ns/inner', () => ({ params: {} }))
    await rig.conductor(
      'ns/c',
      inTurn({ action: 'inner' }, { action: 'seq' }, { action: 'seq' }, { action: 'seq' }, { params: { end: 1 } }),
    )
    expect(answerOf(await rig.invoke('ns/c'))).toEqual({ statusCode: 0, result: { end: 1 } })
    expect(rig.inner.steps.filter(({ action }) => action === 'ns/a')).toHaveLength(9)
  })

  it('gives compositions that follow each other in a sequence a budget each', async () => {
    const rig = await ComposingRig.start({ maxLength: 3 })
    await rig.action('ns/a', () => ({}))
    const thrice: Script = (args) => {
      const { i = 0 } = args as { i?: number }
      return i < 3 ? { action: 'a', state: { i: i + 1 } } : { params: {} }
    }
    await rig.conductor('ns/c', thrice)
    await rig.sequence('ns/seq', ['ns/c', 'ns/c', 'ns/c'])
    expect(answerOf(await rig.invoke('ns/seq'))).toEqual({ statusCode: 0, result: {} })
    expect(rig.inner.steps).toHaveLength(21)
  })
})

describe("a composition's record", () => {
  it('has the annotations in their order, the ids of all runs, and the sum of their durations', async () => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', inTurn({ action: 'a' }), { limits: { memory: 128, timeout: 5000, logs: 2 } })
    await rig.action('ns/a', () => ({}), { limits: { memory: 512 } })
    rig.inner.take(5)
    const record = await rig.invoke('ns/c')
    expect(record.duration).toBe(15)
    expect(record).not.toHaveProperty('cause')
    expect(record.annotations).toEqual([
      { key: 'topmost', value: true },
      { key: 'path', value: 'ns/c' },
      { key: 'kind', value: 'sequence' },
      { key: 'conductor', value: true },
      { key: 'waitTime', value: 0 },
      { key: 'limits', value: { timeout: 5000, memory: 512, logs: 2, concurrency: 1 } },
    ])
    expect(rig.inner.steps.map(({ request }) => request.cause)).toEqual(Array(3).fill(record.activationId))
    expect(await rig.record(record.activationId)).toEqual(record)
  })

  it('has the limits of the conductor even when nothing ran', async () => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/c', () => {
      throw new PlatformError('ERR_UNAVAILABLE', 'no invoker')
    })
    expect(annotation(await rig.invoke('ns/c'), 'limits')).toMatchObject({ memory: 256 })
  })

  it('of one nested in another says what caused it, and appears there as one id', async () => {
    const rig = await ComposingRig.start()
    await rig.conductor('ns/outer', inTurn({ action: 'inner', params: { x: 1 } }))
    await rig.conductor('ns/inner', inTurn({ action: 'a' }, { params: { in: 1 } }))
    await rig.action('ns/a', () => ({}))
    const outer = await rig.invoke('ns/outer')
    expect(outer.logs).toHaveLength(3)
    const inner = await rig.record(outer.logs[1]!)
    expect(inner).toMatchObject({ name: 'inner', cause: outer.activationId })
    expect(inner!.logs).toHaveLength(3)
    expect(annotation(inner!, 'topmost')).toBe(false)
    expect(inner!.annotations.map(({ key }) => key)).toEqual([
      'topmost',
      'path',
      'kind',
      'conductor',
      'causedBy',
      'waitTime',
      'limits',
    ])
  })
})
