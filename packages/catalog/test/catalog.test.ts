import type { JsonObject, JsonValue } from '@stemcell/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CatalogRig } from './catalog-rig.ts'

let rig: CatalogRig
beforeAll(async () => {
  rig = await CatalogRig.start()
})
afterAll(() => rig[Symbol.asyncDispose]())

const ECHO = '/whisk.system/utils/echo'

describe('the catalog', () => {
  it.each<[string, JsonValue, JsonValue]>([
    ['utils/echo', { payload: 1, list: [null, 'a'] }, { payload: 1, list: [null, 'a'] }],
    ['utils/cat', { lines: [4, 'two', 3], other: 1 }, { lines: [4, 'two', 3], payload: '4\ntwo\n3' }],
    ['utils/cat', {}, { lines: [], payload: '' }],
    ['utils/split', { payload: 'one,two', separator: ',' }, { lines: ['one', 'two'], payload: 'one,two' }],
    ['utils/split', { payload: 'one\r\ntwo\nthree' }, { lines: ['one', 'two', 'three'], payload: 'one\r\ntwo\nthree' }],
    ['utils/split', { payload: 1.5, separator: '.' }, { lines: ['1', '5'], payload: 1.5 }],
    ['utils/sort', { lines: [10, 9, 'b', 'a'] }, { lines: [10, 9, 'a', 'b'], length: 4 }],
    ['utils/head', { lines: [4, 2, 3], num: 2 }, { lines: [4, 2], num: 2 }],
    ['utils/head', { lines: [4, 2, 3] }, { lines: [4], num: 1 }],
    ['utils/head', { lines: [4, 2, 3], num: '2' }, { lines: [4, 2], num: '2' }],
    ['utils/smash', { a: 1, b: { c: 2 }, $fieldName: 'p' }, { p: { a: 1, b: { c: 2 } } }],
    ['utils/date', {}, { date: '2023-11-26T12:00:00.000Z' }],
    ['utils/namespace', {}, { namespace: 'guest' }],
    ['utils/hosturl', {}, { url: 'https://api.example.org/api/v1/namespaces/guest/actions' }],
    ['utils/hosturl', { path: 'a' }, { url: 'https://api.example.org/api/v1/namespaces/guest/actions/a' }],
    [
      'utils/hosturl',
      { trigger: true, path: 't' },
      { url: 'https://api.example.org/api/v1/namespaces/guest/triggers/t' },
    ],
    ['utils/hosturl', { web: true, path: 'a' }, { url: 'https://api.example.org/api/v1/web/guest/default/a.json' }],
    [
      'utils/hosturl',
      { web: true, path: 'p/a', ext: '.http' },
      { url: 'https://api.example.org/api/v1/web/guest/p/a.http' },
    ],
    ['samples/helloWorld', { payload: 'Cat' }, {}],
    ['samples/greeting', { payload: 'Cat', place: 'Narrowsburg' }, { payload: 'Hello, Cat from Narrowsburg!' }],
    ['samples/greeting', {}, { payload: 'Hello, stranger from somewhere!' }],
    ['samples/wordCount', { payload: 'Five fuzzy felines' }, { count: 3 }],
    ['samples/printParams', { x: 1, b: 5 }, { params: { b: 5, x: 1 } }],
    ['combinators/eca', { $conditionName: ECHO, $actionName: ECHO, x: 1 }, { x: 1 }],
    ['combinators/eca', { $conditionName: ECHO, $actionName: ECHO, error: true }, { $eca: 'Condition was false.' }],
    ['combinators/eca', { $conditionName: 'absent', $actionName: ECHO }, { $eca: 'Condition was false.' }],
    [
      'combinators/forwarder',
      { $actionName: ECHO, $actionArgs: ['x'], $forward: ['y'], x: 1, y: 2, z: 3 },
      { x: 1, y: 2 },
    ],
    ['combinators/retry', { $actionName: ECHO, $attempts: 2, x: 1 }, { x: 1 }],
    ['combinators/trycatch', { $tryName: ECHO, $catchName: ECHO, x: 1 }, { x: 1 }],
    [
      'combinators/trycatch',
      { $tryName: 'absent', $catchName: '/whisk.system/samples/greeting' },
      { payload: 'Hello, stranger from somewhere!' },
    ],
    ['combinators/vacuum', { $actionName: ECHO, error: 'no' }, {}],
  ])('%s of %j is %j', async (action, given, result) => {
    expect(await rig.invoke(action, given)).toMatchObject({ status: 200, result })
  })

  it.each<[string, JsonObject, JsonValue]>([
    ['utils/echo', { error: 'no' }, 'no'],
    ['utils/smash', { a: 1 }, "Expected an argument '$fieldName' of type 'string'."],
    ['utils/hosturl', { web: true, trigger: true }, 'triggers are not allowed for web actions.'],
    [
      'utils/hosturl',
      { web: true, ext: '.xml' },
      'extension for web action must be one of [".json", ".text", ".html", ".http"].',
    ],
    ['utils/hosturl', { trigger: true, path: 'p/t' }, 'triggers are not allowed in packages.'],
    ['combinators/eca', {}, "Expected an argument '$conditionName' of type 'string'."],
    ['combinators/eca', { $conditionName: ECHO }, "Expected an argument '$actionName' of type 'string'."],
    ['combinators/eca', { $conditionName: ECHO, $actionName: 'absent' }, 'There was a problem invoking absent'],
    ['combinators/forwarder', { $actionName: 1 }, "Expected an argument '$actionName' of type 'string'."],
    ['combinators/forwarder', { $actionName: ECHO }, "Expected an array argument '$actionArgs'."],
    ['combinators/forwarder', { $actionName: ECHO, $actionArgs: [] }, "Expected an array argument '$toFoward'."],
    ['combinators/retry', { $actionName: ECHO, $attempts: 2, error: true }, 'Invocation failed. No retries left.'],
    ['combinators/retry', {}, "Expected an argument '$actionName' of type 'string', got 'undefined'."],
    [
      'combinators/retry',
      { $actionName: ECHO, $attempts: 0 },
      "Expected an argument '$attempts' of type 'number' and greater than zero, got '0'.",
    ],
    ['combinators/trycatch', { $tryName: ECHO, $catchName: ECHO, error: true }, true],
    ['combinators/trycatch', { $tryName: ECHO }, "Expected an argument '$catchName' of type 'string'."],
    ['combinators/trigger', {}, "Expected an argument '$triggerName' of type 'string'."],
  ])('%s of %j fails with %j', async (action, given, error) => {
    expect(await rig.invoke(action, given)).toMatchObject({ status: 502, result: { error } })
  })

  it('tells the second action of trycatch what an API refusal was', async () => {
    const given = { $tryName: 'absent', $catchName: ECHO }
    expect(await rig.invoke('combinators/trycatch', given)).toMatchObject({
      status: 502,
      result: { error: { error: 'The requested resource does not exist.' } },
    })
  })

  it('fires a trigger whose rule is active, and says so when none is', async () => {
    const { guest } = rig
    await guest.request('PUT', 'triggers/t', {})
    expect(await rig.invoke('combinators/trigger', { $triggerName: 't' })).toMatchObject({ status: 200, result: {} })
    await guest.request('PUT', 'rules/r', { trigger: '/_/t', action: ECHO })
    const { result } = await rig.invoke('combinators/trigger', { $triggerName: 't', x: 1 })
    const { activationId } = result as { readonly activationId: string }
    expect((await guest.request('GET', `activations/${activationId}`)).body).toMatchObject({
      name: 't',
      response: { result: { x: 1 } },
    })
  })

  it('passes lines from action to action in a sequence', async () => {
    const components = ['split', 'sort', 'cat'].map((name) => `/whisk.system/utils/${name}`)
    await rig.guest.putAction('sorted', { exec: { kind: 'sequence', components } })
    const activation = await rig.guest.invoke('sorted', { payload: 'c,b,a', separator: ',' })
    expect(activation).toMatchObject({ response: { result: { payload: 'a\nb\nc' } } })
  })

  it.each([
    ['utils/echo', '{"n":12345678901234567890,"m":1.0,"p":[1E400]}', '{"n":12345678901234567890,"m":1.0,"p":[1E400]}'],
    ['utils/cat', '{"lines":[1.10,2]}', '{"lines":[1.10,2],"payload":"1.10\\n2"}'],
    ['utils/smash', '{"$fieldName":"__proto__","n":2.0}', '{"__proto__":{"n":2.0}}'],
    [
      'combinators/forwarder',
      `{"$actionName":"${ECHO}","$actionArgs":["a"],"$forward":["b"],"a":1.0,"b":2.00}`,
      '{"b":2.00,"a":1.0}',
    ],
    [
      'combinators/retry',
      `{"$actionName":"${ECHO}","$attempts":1.0,"a":12345678901234567890}`,
      '{"a":12345678901234567890}',
    ],
  ])('%s leaves numbers in %s as they were written', async (action, given, result) => {
    expect(await rig.text(action, given)).toBe(result)
  })

  it('writes what samples say to their logs', async () => {
    const { logs } = await rig.invoke('samples/helloWorld', { payload: 'Cat' })
    expect(logs).toEqual(['2023-11-26T12:00:00.000Z stdout: hello Cat!'])
  })

  it('answers every sample that an action shows with what it shows', async () => {
    const shown: string[] = []
    for (const pkg of ['utils', 'samples']) {
      const { body } = await rig.guest.request('GET', `/api/v1/namespaces/whisk.system/packages/${pkg}`)
      for (const { name } of (body as unknown as { actions: readonly { name: string }[] }).actions) {
        const path = `/api/v1/namespaces/whisk.system/actions/${pkg}/${name}`
        const action = (await rig.guest.request('GET', path)).body as {
          annotations: { key: string; value: JsonValue }[]
        }
        const annotation = (key: string): JsonValue | undefined =>
          action.annotations.find((entry) => entry.key === key)?.value
        const input = annotation('sampleInput')
        if (input === undefined || name === 'hosturl') continue
        shown.push(name)
        expect((await rig.invoke(`${pkg}/${name}`, input)).result, name).toEqual(annotation('sampleOutput'))
      }
    }
    expect(shown.length).toBeGreaterThanOrEqual(10)
  })
})
