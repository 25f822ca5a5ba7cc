import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  assemble,
  memoryContainers,
  memoryEntityStore,
  reencryptParameters,
  tokens,
  type EmbeddedClient,
  type JsonObject,
  type Logger,
  type ParameterEncryption,
  type Platform,
} from '../../../src/index.ts'
import { ParameterCipher } from '../../../src/model/parameter-cipher.ts'
import { SystemRandom } from '../../../src/time/system-random.ts'

const KEY = Buffer.alloc(32, 7).toString('base64')
const NEXT_KEY = Buffer.alloc(32, 9).toString('base64')
const ENCRYPTED: ParameterEncryption = { current: 'aes-256', keys: { 'aes-256': [KEY] } }
const ECHO = { kind: 'nodejs:20', code: 'function main(args) { return { ...args, env: process.env.INIT } }' }
const SECRET = 'hunter2'

interface ShownParameter {
  readonly key: string
  readonly value: string
  readonly encryption?: string
}

const logged: string[] = []
const note = (fields: object, message: string): void => {
  const { err } = fields as { err?: unknown }
  const error = err instanceof Error ? `${err.message} ${err.stack}` : ''
  logged.push(`${message} ${JSON.stringify(fields)} ${error}`)
}
const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger }

let platform: Platform
let guest: EmbeddedClient

async function start(parameterEncryption: ParameterEncryption): Promise<void> {
  logged.length = 0
  platform = await assemble({ containers: memoryContainers(), parameterEncryption, logger })
  await platform.subjects.createUser('guest')
  await platform.subjects.createUser('other')
  guest = await platform.client('guest')
}

beforeEach(() => start(ENCRYPTED))
afterEach(() => platform.close())

async function put(path: string, body: JsonObject, status = 200): Promise<JsonObject> {
  const response = await guest.request('PUT', `${path}?overwrite=true`, body)
  expect(response).toMatchObject({ status })
  return response.body as JsonObject
}

async function parametersOf(path: string): Promise<ShownParameter[]> {
  const { body } = await guest.request('GET', path)
  return (body as JsonObject)['parameters'] as unknown as ShownParameter[]
}

async function resultOf(name: string, payload: JsonObject = {}): Promise<unknown> {
  return ((await guest.invoke(name, payload))['response'] as JsonObject)['result']
}

describe('parameters of actions and packages', () => {
  const parameters = [{ key: 'token', value: { pass: SECRET } }]

  it('are stored and shown encrypted, and reach the action as they were', async () => {
    const answered = await put('actions/a', { exec: ECHO, parameters })
    const [shown] = await parametersOf('actions/a')
    expect(shown).toEqual({ key: 'token', value: expect.any(String), encryption: 'aes-256' })
    expect(answered['parameters']).toEqual([shown])
    const stored = await platform.use(tokens.ENTITY_STORE).get('guest/a')
    expect(stored!.document['parameters']).toEqual([shown])
    expect(await resultOf('a')).toEqual({ token: { pass: SECRET } })
  })

  it('of the payload override them and are not decrypted', async () => {
    await put('actions/a', { exec: ECHO, parameters })
    expect(await resultOf('a', { token: 'mine' })).toEqual({ token: 'mine' })
  })

  it('of a package and its binding are decrypted for its actions, the nearer ones winning', async () => {
    await put('packages/p', { parameters: [...parameters, { key: 'b', value: 'package' }] })
    await put('packages/bound', {
      binding: { namespace: '_', name: 'p' },
      parameters: [{ key: 'b', value: 'binding' }],
    })
    await put('actions/p/a', { exec: ECHO, parameters: [{ key: 'c', value: 3 }] })
    for (const path of ['packages/p', 'packages/bound', 'actions/bound/a']) {
      for (const { encryption } of await parametersOf(path)) expect(encryption).toBe('aes-256')
    }
    expect(await resultOf('bound/a')).toEqual({ token: { pass: SECRET }, b: 'binding', c: 3 })
  })

  it('that are read and written back stay as they are', async () => {
    await put('actions/a', { exec: ECHO, parameters })
    const before = await parametersOf('actions/a')
    await put('actions/a', { parameters: before as unknown as JsonObject[] })
    expect(await parametersOf('actions/a')).toEqual(before)
    expect(await resultOf('a')).toEqual({ token: { pass: SECRET } })
  })

  it('encrypted for another entity are refused, so that nobody has them decrypted for himself', async () => {
    await put('packages/p', { parameters })
    const copied = (await parametersOf('packages/p')) as unknown as JsonObject[]
    const error = "The request content was malformed:\nparameter 'token' carries an encrypted value of another entity"
    for (const [path, body] of [
      ['actions/thief', { exec: ECHO, parameters: copied }],
      ['packages/thief', { parameters: copied }],
    ] as const) {
      expect((await put(path, body, 400))['error']).toContain(error)
    }
  })

  it('of null stay open: a payload may define them although the action is final', async () => {
    const annotations = [{ key: 'final', value: true }]
    await put('actions/a', { exec: ECHO, annotations, parameters: [{ key: 'open', value: null }, ...parameters] })
    expect(await resultOf('a', { open: 1 })).toEqual({ open: 1, token: { pass: SECRET } })
    expect((await guest.request('POST', 'actions/a', { token: 1 })).status).toBe(400)
  })

  it('of a sequence are the names of its components, for everyone to read', async () => {
    await put('actions/a', { exec: ECHO })
    await put('actions/s', { exec: { kind: 'sequence', components: ['/_/a'] } })
    expect(await parametersOf('actions/s')).toEqual([{ key: '_actions', value: ['/guest/a'] }])
  })

  it('written before encryption was switched on are encrypted by the next write', async () => {
    const store = platform.use(tokens.ENTITY_STORE)
    await put('actions/a', { exec: ECHO, parameters })
    const { document, revision } = (await store.get('guest/a'))!
    await store.put('guest/a', { ...document, parameters }, { revision })
    await put('actions/a', { publish: true })
    expect((await parametersOf('actions/a'))[0]?.encryption).toBe('aes-256')
  })

  it('that no key decrypts end the activation with an error of the platform, and no secret in the log', async () => {
    await put('actions/a', { exec: ECHO, parameters })
    const store = platform.use(tokens.ENTITY_STORE)
    const { document, revision } = (await store.get('guest/a'))!
    const foreign = new ParameterCipher({ current: 'aes-256', keys: { 'aes-256': [NEXT_KEY] } }, new SystemRandom())
    const locked = foreign.lock(parameters) as unknown as JsonObject[]
    await store.put('guest/a', { ...document, name: 'b', parameters: locked }, { revision })
    await store.put('guest/b', { ...document, name: 'b', parameters: locked })
    expect(await guest.invoke('b')).toMatchObject({
      response: {
        status: 'whisk internal error',
        result: { error: 'The parameters of the action could not be decrypted.' },
      },
    })
    const text = logged.join('\n')
    expect(text).toContain('no key for aes-256 decrypts a parameter')
    for (const secret of [SECRET, KEY, NEXT_KEY, locked[0]!['value'] as string]) expect(text).not.toContain(secret)
  })
})

it('a key is rotated while the platform runs on: old values are read, re-encrypted, and the old key let go', async () => {
  const entityStore = memoryEntityStore().build({
    clock: platform.use(tokens.CLOCK),
    random: new SystemRandom(),
    logger,
  })
  const run = async (keys: string[]): Promise<unknown> => {
    const parameterEncryption: ParameterEncryption = { current: 'aes-256', keys: { 'aes-256': keys } }
    await platform.close()
    platform = await assemble({ containers: memoryContainers(), entityStore, parameterEncryption })
    await platform.subjects.createUser('guest')
    guest = await platform.client('guest')
    if (keys.length === 1 && keys[0] === KEY)
      await put('actions/a', { exec: ECHO, parameters: [{ key: 'k', value: SECRET }] })
    const result = await resultOf('a')
    const cipher = new ParameterCipher(parameterEncryption, new SystemRandom())
    await reencryptParameters(platform.use(tokens.ENTITY_STORE), cipher)
    return result
  }
  for (const keys of [[KEY], [NEXT_KEY, KEY], [NEXT_KEY]]) expect(await run(keys)).toEqual({ k: SECRET })
})
