import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { actionDocument, isActionDocument, readAction, readCode } from '../../src/model/action-codec.ts'
import type { Action } from '../../src/model/action.ts'
import type { JsonObject } from '../../src/model/json.ts'

const options = { maxInlineCodeBytes: 16_384, attachmentName: '1f6a2c9e-0b7d-4c55-8e21-9d3f5a7b6c10' }

const splitDocument: JsonObject = {
  namespace: 'acme/utils',
  name: 'split',
  exec: {
    kind: 'nodejs:20',
    code: {
      attachmentName: 'mem:ZnVuY3Rpb24gbWFpbihwKSB7IHJldHVybiBwIH0=',
      attachmentType: 'text/plain; charset=UTF-8',
      length: 29,
      digest: 'sha256-59416fcfc778b89f7de155f1a3952676f101c242426b8880b2d7a4989d22d521',
    },
    binary: false,
  },
  parameters: [{ key: 'sep', value: ',', init: true }],
  limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
  version: '0.0.4',
  publish: false,
  annotations: [
    { key: 'provide-api-key', value: false },
    { key: 'exec', value: 'nodejs:20' },
  ],
  updated: 1_700_000_000_000,
  entityType: 'action',
}

const split: Action = {
  path: 'acme/utils',
  name: 'split',
  exec: { kind: 'nodejs:20', code: { text: 'function main(p) { return p }' }, binary: false },
  parameters: [{ key: 'sep', value: ',', init: true }],
  limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
  version: '0.0.4',
  publish: false,
  annotations: [
    { key: 'provide-api-key', value: false },
    { key: 'exec', value: 'nodejs:20' },
  ],
  updated: 1_700_000_000_000,
}

describe("OpenWhisk's action documents", () => {
  it('with short code are read and written member for member', () => {
    expect(readAction(splitDocument)).toEqual(split)
    const written = actionDocument(split, options)
    expect(written).toEqual({ document: splitDocument, attachments: {}, keepAttachments: [] })
  })

  it('with long code refer to an attachment, which a later write keeps', () => {
    const document: JsonObject = {
      ...splitDocument,
      exec: {
        kind: 'python:3.11',
        code: { attachmentName: `couch:${options.attachmentName}`, attachmentType: 'application/octet-stream' },
        binary: true,
        main: 'go',
      },
    }
    const action = readAction(document)
    expect(action.exec).toEqual({
      kind: 'python:3.11',
      code: { attachment: options.attachmentName, contentType: 'application/octet-stream' },
      binary: true,
      main: 'go',
    })
    const written = actionDocument(action, { ...options, attachmentName: 'another' })
    expect(written).toEqual({ document, attachments: {}, keepAttachments: [options.attachmentName] })
  })

  it.each([
    ['an old name without a scheme', { attachmentName: 'jarfile', attachmentType: 'application/java-archive' }],
    ['a name in another attachment store', { attachmentName: 's3:0a1b', attachmentType: 'text/plain', length: 3 }],
    ['no type', { attachmentName: 'couch:0a1b' }],
  ])('that refer to code by %s still do after an update of something else', (_what, code) => {
    const exec = { kind: 'java:8', code, binary: true, main: 'Main' }
    const written = actionDocument({ ...readAction({ ...splitDocument, exec }), publish: true }, options)
    const { attachmentName } = code
    const attachment = attachmentName.slice(attachmentName.indexOf(':') + 1)
    expect(written).toMatchObject({ document: { exec }, attachments: {}, keepAttachments: [attachment] })
  })

  it('may be sequences or foreign images', () => {
    const sequence = { kind: 'sequence', components: ['/acme/utils/split', '/bob/last'] }
    const image = { kind: 'blackbox', image: 'reg.io/me/img:1', binary: false }
    for (const exec of [sequence, image]) {
      const action = readAction({ ...splitDocument, exec })
      expect(action.exec).toEqual(exec)
      expect(actionDocument(action, options).document['exec']).toEqual(exec)
    }
  })

  it('of old forms are understood', () => {
    const sparse = readAction({
      namespace: 'bob',
      name: 'old',
      exec: { kind: 'nodejs:6', code: 'main' },
      updated: '2024-05-01T10:11:12Z',
    })
    expect(sparse).toEqual({
      path: 'bob',
      name: 'old',
      exec: { kind: 'nodejs:6', code: { text: 'main' }, binary: false },
      parameters: [],
      limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
      version: '0.0.1',
      publish: false,
      annotations: [],
      updated: 1_714_558_272_000,
    })
    const java = readAction({ ...splitDocument, exec: { kind: 'java:8', jar: 'UEsDBAo=', binary: true, main: 'Main' } })
    expect(java.exec).toMatchObject({ code: { text: 'UEsDBAo=' }, binary: true })
    const components = ['bob/first', { path: 'acme/utils', name: 'split' }]
    expect(readAction({ ...splitDocument, exec: { kind: 'sequence', components } }).exec).toMatchObject({
      components: ['/bob/first', '/acme/utils/split'],
    })
    const external = { attachmentName: 's3:0a1b', attachmentType: 'text/plain' }
    expect(readAction({ ...splitDocument, exec: { kind: 'x:1', code: external, binary: false } }).exec).toMatchObject({
      code: { attachment: '0a1b', contentType: 'text/plain' },
    })
  })

  it('are told from other entities', () => {
    expect(isActionDocument(splitDocument)).toBe(true)
    expect(isActionDocument({ exec: {} })).toBe(true)
    expect(isActionDocument({ exec: {}, entityType: 'trigger' })).toBe(false)
    expect(isActionDocument({ binding: {} })).toBe(false)
  })

  it.each([
    [{ namespace: 7 }, 'namespace'],
    [{ name: null }, 'name'],
    [{ exec: 'code' }, 'exec'],
    [{ exec: { kind: 'nodejs:20' } }, 'exec.code'],
    [{ exec: { kind: 'nodejs:20', code: 7 } }, 'exec.code'],
    [{ exec: { kind: 'blackbox' } }, 'exec.image'],
    [{ exec: { kind: 'sequence' } }, 'exec.components'],
    [{ parameters: { a: 1 } }, 'parameters'],
    [{ annotations: [1] }, 'annotations'],
  ] as [JsonObject, string][])('with %j are corrupt', (change, field) => {
    expect(() => readAction({ ...splitDocument, ...change })).toThrow(
      expect.objectContaining({ code: 'ERR_CORRUPT', message: expect.stringContaining(`'${field}'`) }),
    )
  })
})

describe('code', () => {
  const kinds = fc.record({ text: fc.string({ unit: 'binary' }), kind: fc.constantFrom('nodejs:20', 'blackbox') })

  it('of any text survives writing and reading, in the document or beside it', () => {
    fc.assert(
      fc.property(kinds, fc.constantFrom(0, 8, 16_384), ({ text, kind }, maxInlineCodeBytes) => {
        // Code travels as UTF-8, which has no lone surrogates.
        fc.pre(Buffer.from(text).toString() === text)
        const exec =
          kind === 'blackbox'
            ? { kind, image: 'i', code: { text }, binary: false }
            : { kind, code: { text }, binary: false }
        const { document, attachments } = actionDocument({ ...split, exec }, { ...options, maxInlineCodeBytes })
        const read = readAction(JSON.parse(JSON.stringify(document)) as JsonObject)
        const { code } = read.exec as { code: { text: string } | { attachment: string } }
        const back = 'text' in code ? code.text : readCode(read.exec, attachments[code.attachment]!.bytes)
        expect(back).toBe(text)
        expect('text' in code).toBe(Buffer.byteLength(text) < maxInlineCodeBytes)
      }),
    )
  })

  it('of any archive survives as base64, with length and digest of its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64')
        const exec = { kind: 'nodejs:20', code: { text: ` ${text}\n` }, binary: true }
        const { document } = actionDocument({ ...split, exec }, options)
        expect((document['exec'] as JsonObject)['code']).toMatchObject({
          attachmentType: 'application/octet-stream',
          length: bytes.length,
          digest: `sha256-${createHash('sha256').update(bytes).digest('hex')}`,
        })
        expect(readAction(document).exec).toEqual({ kind: 'nodejs:20', code: { text }, binary: true })
      }),
    )
  })
})

it('limits that an action does not set do not appear', () => {
  const limits = { timeout: 1, memory: 2, logs: 3, concurrency: 4, instances: 5, cpu: 0.5 }
  const { document } = actionDocument({ ...split, limits }, options)
  expect(document['limits']).toEqual(limits)
  expect(readAction(document).limits).toEqual(limits)
})
