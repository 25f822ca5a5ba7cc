import { describe, expect, it } from 'vitest'
import { durationMs, RuntimesManifest } from '../../src/model/runtimes-manifest.ts'

const source = {
  runtimes: {
    nodejs: [
      {
        kind: 'nodejs:18',
        image: { prefix: 'openwhisk', name: 'action-nodejs-v18', tag: 'nightly' },
        deprecated: true,
      },
      {
        kind: 'nodejs:20',
        default: true,
        image: { prefix: 'openwhisk', name: 'action-nodejs-v20', tag: 'nightly' },
        attached: { attachmentName: 'codefile', attachmentType: 'text/plain' },
        stemCells: [
          {
            initialCount: 2,
            memory: '256 MB',
            reactive: { minCount: 1, maxCount: 4, ttl: '2 minutes', threshold: 1, increment: 1 },
          },
          { count: 1, memory: '512 m' },
        ],
      },
    ],
    java: [
      {
        kind: 'java:8',
        image: { registry: 'reg.io/', name: 'java8action' },
        requireMain: true,
        sentinelledLogs: false,
      },
    ],
  },
  blackboxes: [{ prefix: 'openwhisk', name: 'dockerskeleton', tag: 'latest' }],
}

describe('RuntimesManifest', () => {
  const manifest = new RuntimesManifest(source)

  it('knows its kinds, in its order', () => {
    expect(manifest.kinds).toEqual(['nodejs:18', 'nodejs:20', 'java:8'])
    expect(manifest.runtime('nodejs:18')).toMatchObject({ deprecated: true, default: false, attached: false })
    expect(manifest.runtime('nodejs:16')).toBeUndefined()
  })

  it('resolves the default of a family; an only version is the default', () => {
    expect(manifest.runtime('nodejs:default')?.kind).toBe('nodejs:20')
    expect(manifest.runtime('java:default')?.kind).toBe('java:8')
    expect(manifest.runtime('cobol:default')).toBeUndefined()
  })

  it('puts image names together', () => {
    expect(manifest.runtime('nodejs:20')?.image).toBe('openwhisk/action-nodejs-v20:nightly')
    expect(manifest.runtime('java:8')).toMatchObject({
      image: 'reg.io/java8action',
      requireMain: true,
      sentinelledLogs: false,
    })
  })

  it('reads stem cells', () => {
    expect(manifest.runtime('nodejs:20')?.stemCells).toEqual([
      {
        memoryMb: 256,
        initialCount: 2,
        reactive: { minCount: 1, maxCount: 4, ttlMs: 120_000, threshold: 1, increment: 1 },
      },
      { memoryMb: 512, initialCount: 1 },
    ])
    expect(manifest.runtime('java:8')?.stemCells).toEqual([])
  })

  it('takes a missing tag for latest when it compares native images', () => {
    for (const image of ['openwhisk/dockerskeleton', 'openwhisk/dockerskeleton:latest']) {
      expect(manifest.nativeImage(image)).toBe('openwhisk/dockerskeleton:latest')
    }
    expect(manifest.nativeImage('openwhisk/dockerskeleton:1')).toBeUndefined()
  })

  it('has another image run where clients name one, when it says so', () => {
    const runs = { prefix: 'mine', name: 'runner', tag: '2' }
    const mapped = new RuntimesManifest({ ...source, blackboxes: [{ ...source.blackboxes[0], runs }] })
    expect(mapped.nativeImage('openwhisk/dockerskeleton')).toBe('mine/runner:2')
    // Its own name is a user's, unless it is listed too.
    expect(mapped.nativeImage('mine/runner:2')).toBeUndefined()
  })

  const one = source.runtimes.java[0]
  it.each([
    [undefined, /^runtimes manifest: /],
    [{}, /runtimes manifest: runtimes: /],
    [{ runtimes: { x: [] } }, /runtimes\.x/],
    [{ runtimes: { x: [{ kind: 'x:1' }] } }, /runtimes\.x\.0\.image/],
    [{ runtimes: { x: [one, one] } }, /^x has multiple versions, but no default\.$/],
    [
      {
        runtimes: {
          x: [
            { ...one, default: true },
            { ...one, kind: 'x:2', default: true },
          ],
        },
      },
      /^Found more than one default for x: java:8, x:2\.$/,
    ],
    [{ runtimes: { x: [{ ...one, stemCells: [{ memory: '256 MB' }] }] } }, /initialCount is required/],
    [{ runtimes: { x: [{ ...one, stemCells: [{ count: 1, memory: 'much' }] }] } }, /must be a size/],
    [
      {
        runtimes: {
          x: [
            {
              ...one,
              stemCells: [
                {
                  count: 1,
                  memory: '1 MB',
                  reactive: { minCount: 3, maxCount: 2, ttl: '1 s', threshold: 1, increment: 1 },
                },
              ],
            },
          ],
        },
      },
      /minCount must not exceed maxCount/,
    ],
    [
      {
        runtimes: {
          x: [
            {
              ...one,
              stemCells: [
                {
                  count: 1,
                  memory: '1 MB',
                  reactive: { minCount: 1, maxCount: 2, ttl: '0 s', threshold: 1, increment: 1 },
                },
              ],
            },
          ],
        },
      },
      /ttl/,
    ],
  ])('refuses %j', (wrong, message) => {
    expect(() => new RuntimesManifest(wrong)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(message) }),
    )
  })
})

it.each([
  ['2 minutes', 120_000],
  ['1 minute', 60_000],
  ['500ms', 500],
  ['500 milliseconds', 500],
  ['3s', 3000],
  ['1 hour', 3_600_000],
  ['2 d', 172_800_000],
])("'%s' lasts %i ms", (text, ms) => expect(durationMs(text)).toBe(ms))

it.each(['', '2', 'minutes', '1.5 s', '-1 s', '1 fortnight'])("'%s' is no duration", (text) => {
  expect(() => durationMs(text)).toThrow(/is not a duration/)
})
