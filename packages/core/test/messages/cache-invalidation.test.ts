import { describe, expect, it } from 'vitest'
import {
  cacheInvalidationBody,
  readCacheInvalidation,
  subjectInvalidation,
  type CacheInvalidation,
} from '../../src/messages/cache-invalidation.ts'
import { bytesBody } from '../../src/queue/message-body.ts'

const wire = (json: unknown): ReturnType<typeof bytesBody> => bytesBody(Buffer.from(JSON.stringify(json)))
const jsonOf = (invalidation: CacheInvalidation): unknown =>
  JSON.parse(Buffer.from(cacheInvalidationBody(invalidation).bytes()).toString())

describe('a cache invalidation', () => {
  it('of an entity is OpenWhisk’s, member for member', () => {
    const json = { key: { mainId: 'acme/utils/split' }, instanceId: 'controller0' }
    const read = readCacheInvalidation(wire(json))
    expect(read).toEqual({ documentId: 'acme/utils/split', sender: 'controller0' })
    expect(jsonOf(read)).toEqual(json)
  })

  it.each([
    [{ subject: 'anna', namespace: 'team' }, 'anna'],
    [{ subject: 'anna' }, 'anna'],
    [{ namespace: 'team' }, 'team/limits'],
    [{}, ''],
  ])('of the identities of %j names the document, and says what it is', (identity, mainId) => {
    const json = { key: { mainId }, instanceId: 'admin', identity }
    expect(jsonOf(subjectInvalidation('admin', identity))).toEqual(json)
    expect(readCacheInvalidation(wire(json))).toEqual(subjectInvalidation('admin', identity))
  })

  it.each([
    [{ instanceId: 'controller0' }, 'key'],
    [{ key: { mainId: 'a/b' } }, 'instanceId'],
    [{ key: { mainId: 'a' }, instanceId: 'admin', identity: 'a' }, 'identity'],
    [{ key: { mainId: 'a' }, instanceId: 'admin', identity: { subject: 1 } }, 'subject'],
  ])('%j is corrupt', (json, field) => {
    expect(() => readCacheInvalidation(wire(json))).toThrow(
      expect.objectContaining({ code: 'ERR_CORRUPT', message: expect.stringContaining(`'${field}'`) }),
    )
  })
})
