import { beforeEach, describe, expect, it } from 'vitest'
import { PlatformError } from '../../src/errors.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'
import { ParameterCipher, type ParameterEncryption } from '../../src/model/parameter-cipher.ts'
import { parseParameters } from '../../src/model/parameters.ts'
import type { PutOptions, PutResult } from '../../src/store/document-store.ts'
import { ENTITY_INDEXES } from '../../src/store/entity-store.ts'
import { MemoryDocumentStore } from '../../src/store/memory-document-store.ts'
import { reencryptParameters } from '../../src/store/reencrypt-parameters.ts'
import { SeededRandom } from '../../src/time/seeded-random.ts'

const random = new SeededRandom(3)
const OLD = Buffer.alloc(32, 1).toString('base64')
const NEW = Buffer.alloc(32, 2).toString('base64')

function cipherOf(current: ParameterEncryption['current'], ...keys: string[]): ParameterCipher {
  return new ParameterCipher({ current, keys: { 'aes-256': keys } }, random)
}

const plain = [{ key: 'token', value: 'secret', init: true }] as const
const oldLocked = cipherOf('aes-256', OLD).lock(plain) as unknown as JsonValue

function action(more: JsonObject): JsonObject {
  const exec = { kind: 'nodejs:20', code: 'x', binary: false }
  return {
    namespace: 'ns',
    name: 'a',
    exec,
    parameters: [],
    annotations: [],
    updated: 5,
    entityType: 'action',
    ...more,
  }
}

let store: MemoryDocumentStore

beforeEach(async () => {
  store = new MemoryDocumentStore(ENTITY_INDEXES)
  await store.open()
})

async function tokenOf(id: string, cipher: ParameterCipher): Promise<JsonValue> {
  const { document } = (await store.get(id))!
  const [first] = parseParameters(document['parameters'])!
  return first!.encryption === undefined
    ? `plain ${JSON.stringify(first!.value)}`
    : cipher.unlock(first!.encryption, first!.value)
}

describe('re-encryption', () => {
  it('brings actions and packages to the current key and leaves the rest of them as it was', async () => {
    const exec = {
      kind: 'nodejs:20',
      binary: false,
      code: { attachmentName: 'couch:code-1', attachmentType: 'text/plain' },
    }
    const code = { contentType: 'text/plain', bytes: Buffer.from('main') }
    const document = action({ exec, parameters: oldLocked, later: 'unknown field' })
    await store.put('ns/a', document, { attachments: { 'code-1': code } })
    await store.put('ns/p', { namespace: 'ns', name: 'p', binding: {}, parameters: [...plain], entityType: 'package' })

    const both = cipherOf('aes-256', NEW, OLD)
    expect(await reencryptParameters(store, both)).toEqual({ read: 2, changed: 2, failed: [] })

    const onlyNew = cipherOf('aes-256', NEW)
    expect([await tokenOf('ns/a', onlyNew), await tokenOf('ns/p', onlyNew)]).toEqual(['secret', 'secret'])
    const { document: rewritten } = (await store.get('ns/a'))!
    expect({ ...rewritten, parameters: oldLocked }).toEqual(document)
    expect(Buffer.from((await store.readAttachment('ns/a', 'code-1'))!).toString()).toBe('main')
    expect(await reencryptParameters(store, both)).toEqual({ read: 2, changed: 0, failed: [] })
  })

  it('makes values plain again when encryption is switched off', async () => {
    await store.put('ns/a', action({ parameters: oldLocked }))
    expect(await reencryptParameters(store, cipherOf('off', OLD))).toMatchObject({ changed: 1 })
    expect((await store.get('ns/a'))!.document['parameters']).toEqual(plain)
  })

  it('does not touch sequences, triggers and rules', async () => {
    const parameters = [{ key: 'k', value: 'v' }]
    await store.put('ns/s', action({ exec: { kind: 'sequence', components: ['/ns/a'] }, parameters }))
    await store.put('ns/t', { namespace: 'ns', name: 't', rules: {}, parameters, entityType: 'trigger' })
    await store.put('ns/r', { namespace: 'ns', name: 'r', trigger: {}, action: {}, entityType: 'rule' })
    expect(await reencryptParameters(store, cipherOf('aes-256', NEW))).toEqual({ read: 0, changed: 0, failed: [] })
  })

  it('names what no key decrypts and goes on', async () => {
    await store.put('ns/a', action({ parameters: oldLocked }))
    await store.put('ns/b', action({ name: 'b', parameters: [...plain] }))
    const outcome = await reencryptParameters(store, cipherOf('aes-256', NEW))
    expect(outcome).toEqual({ read: 2, changed: 1, failed: ['ns/a'] })
    expect((await store.get('ns/a'))!.document['parameters']).toEqual(oldLocked)
  })

  class Contested extends MemoryDocumentStore {
    conflicts = 0
    async putFirst(id: string, revision: string): Promise<void> {
      await super.put(id, action({ parameters: [{ key: 'token', value: 'newer' }] }), { revision })
    }
    override async put(id: string, document: JsonObject, options: PutOptions = {}): Promise<PutResult> {
      if (options.revision !== undefined && this.conflicts > 0) {
        this.conflicts--
        await this.putFirst(id, options.revision)
      }
      return super.put(id, document, options)
    }
  }

  it('starts again from what somebody wrote meanwhile', async () => {
    const contested = (store = new Contested(ENTITY_INDEXES))
    await store.open()
    await store.put('ns/a', action({ parameters: [...plain] }))
    contested.conflicts = 2
    const cipher = cipherOf('aes-256', NEW)
    expect(await reencryptParameters(store, cipher)).toMatchObject({ changed: 1 })
    expect(await tokenOf('ns/a', cipher)).toBe('newer')
  })

  it('ends when the store does not answer', async () => {
    await store.put('ns/a', action({ parameters: [...plain] }))
    store.put = () => Promise.reject(new PlatformError('ERR_UNAVAILABLE', 'gone'))
    await expect(reencryptParameters(store, cipherOf('aes-256', NEW))).rejects.toThrow('gone')
  })
})
