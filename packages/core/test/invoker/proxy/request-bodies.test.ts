import { describe, expect, it } from 'vitest'
import { loadedAction, type LoadedAction } from '../../../src/invoker/parts/loaded-action.ts'
import { payloadOf } from '../../../src/invoker/proxy/payload.ts'
import { initBody, runBody } from '../../../src/invoker/proxy/request-bodies.ts'
import type { ActivationMessage } from '../../../src/messages/activation-message.ts'
import { JsonText } from '../../../src/model/json-text.ts'
import { RuntimesManifest } from '../../../src/model/runtimes-manifest.ts'
import { InvokerBench } from '../fakes/invoker-bench.ts'
import { anAction, type ActionOverrides } from '../fakes/model-samples.ts'

const bench = new InvokerBench()
const manifest = new RuntimesManifest({ runtimes: { nodejs: [{ kind: 'nodejs:20', image: { name: 'n' } }] } })

function loaded(overrides: ActionOverrides = {}, code: string | undefined = 'code'): LoadedAction {
  return loadedAction(anAction(overrides), 'r1', code, false, manifest)!
}

function message(overrides: Partial<ActivationMessage> = {}): ActivationMessage {
  return bench.message({
    activationId: 'a'.repeat(32),
    transaction: { id: 'tid', start: 0 },
    action: { path: 'acme/utils', name: 'split', version: '0.0.4' },
    ...overrides,
  })
}

function parsedInit(request: ActivationMessage, action = loaded()): unknown {
  return JSON.parse(initBody(request, action, payloadOf(request, undefined), 1_700_000_060_123, false))
}

describe('the body of /run', () => {
  it('holds the arguments and, beside them, what the action may know of its activation', () => {
    const request = message({ content: JsonText.of({ a: 1 }) })
    expect(JSON.parse(runBody(request, loaded(), payloadOf(request, undefined), 1_700_000_060_123))).toEqual({
      value: { a: 1 },
      namespace: 'guest',
      action_name: '/acme/utils/split',
      action_version: '0.0.4',
      activation_id: 'a'.repeat(32),
      transaction_id: 'tid',
      deadline: '1700000060123',
    })
  })

  it('copies the arguments as text', () => {
    const request = message({ content: JsonText.trusted('{"n": 12345678901234567890 }') })
    expect(runBody(request, loaded(), payloadOf(request, undefined), 1)).toContain(
      '"value":{"n": 12345678901234567890 },',
    )
  })

  it('has an empty object when there are no arguments', () => {
    const { content: _, ...without } = message()
    expect(runBody(without, loaded(), payloadOf(without, undefined), 1)).toMatch(/^\{"value":\{\},/)
  })

  it.each([
    [undefined, true],
    [true, true],
    ['false', true],
    [[], true],
    [false, false],
    [0, false],
    ['', false],
    [null, false],
  ])('brings the key when provide-api-key is %j: %s', (value, given) => {
    const annotations = value === undefined ? [] : [{ key: 'provide-api-key', value }]
    const body = runBody(message(), loaded({ annotations }), { argumentsText: '{}', initParameters: {} }, 1)
    expect('api_key' in (JSON.parse(body) as object)).toBe(given)
    if (given) expect(body).toContain(`"api_key":"uuid-guest:${'k'.repeat(64)}"`)
  })

  it('names the version of the action when the message names none', () => {
    const request = message({ action: { path: 'guest', name: 'hello' } })
    expect(runBody(request, loaded({ version: '1.2.3' }), payloadOf(request, undefined), 1)).toContain(
      '"action_version":"1.2.3"',
    )
  })
})

describe('the body of /init', () => {
  it('holds code, entry point and environment', () => {
    expect(parsedInit(message())).toEqual({
      value: {
        name: 'hello',
        main: 'main',
        binary: false,
        code: 'code',
        env: {
          __OW_NAMESPACE: 'guest',
          __OW_ACTION_NAME: '/acme/utils/split',
          __OW_ACTION_VERSION: '0.0.4',
          __OW_ACTIVATION_ID: 'a'.repeat(32),
          __OW_TRANSACTION_ID: 'tid',
          __OW_DEADLINE: '1700000060123',
        },
      },
    })
  })

  it('has no code for an image that brings its own', () => {
    const action = loadedAction(
      anAction({ exec: { kind: 'blackbox', image: 'me/mine', binary: false } }),
      'r1',
      undefined,
      false,
      manifest,
    )!
    expect(parsedInit(message(), action)).not.toHaveProperty('value.code')
  })

  it('turns parameters flagged init into texts and takes them from the arguments', () => {
    const args = { s: 'text', n: null, z: 0, f: false, o: { a: [1] }, stays: 1, __OW_NAMESPACE: 'faked' }
    const request = message({
      content: JsonText.of(args),
      initArgs: ['s', 'n', 'z', 'f', 'o', 'absent', '__OW_NAMESPACE'],
    })
    const env = (parsedInit(request) as { value: { env: Record<string, string> } }).value.env
    expect(env).toMatchObject({ s: 'text', n: '', z: '0', f: 'false', o: '{"a":[1]}', __OW_NAMESPACE: 'guest' })
    expect(env).not.toHaveProperty('absent')
    expect(payloadOf(request, undefined).argumentsText).toBe('{"stays":1}')
  })

  it('never splits arguments that are an array', () => {
    const request = message({ content: JsonText.of([1]), initArgs: ['a'] })
    expect(payloadOf(request, undefined)).toEqual({ argumentsText: '[1]', initParameters: {} })
  })
})

describe('encrypted parameters', () => {
  const request = message({ content: JsonText.of({ secret: 'cipher', other: 1 }), lockedArgs: { secret: 'aes-256' } })

  it('are decrypted before the container sees them', () => {
    const unlock = (algorithm: string, value: unknown): string => `${algorithm} of ${String(value)}`
    expect(payloadOf(request, unlock).argumentsText).toBe('{"secret":"aes-256 of cipher","other":1}')
  })

  it('are refused when there is no key', () => {
    expect(() => payloadOf(request, undefined)).toThrow(/no key/)
  })
})
