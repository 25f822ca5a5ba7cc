import { describe, expect, it } from 'vitest'
import { isPlatformError, PlatformError, silentLogger, VirtualClock } from '@stemcell/core'
import {
  ImageSource,
  RUNTIME_LABELS,
  type ImageEngine,
  type ImageSourceSettings,
  type InspectedImage,
} from '@stemcell/core/container-engine'

const OURS = { [RUNTIME_LABELS.socket]: 'unix', [RUNTIME_LABELS.logs]: 'attributed' }
const CREDENTIALS = { username: 'bob', password: 'secret-of-bob' }

class Engine implements ImageEngine {
  readonly has = new Map<string, InspectedImage>()
  readonly pulls: [string, string | undefined][] = []
  offers = true

  inspectImage(image: string): Promise<InspectedImage | undefined> {
    return Promise.resolve(this.has.get(image))
  }

  async pull(image: string, credentials?: { readonly username: string }): Promise<void> {
    this.pulls.push([image, credentials?.username])
    await Promise.resolve()
    if (!this.offers) throw new PlatformError('ERR_IMAGE', 'no such image')
    this.has.set(image, { id: image, user: '', labels: OURS })
  }
}

function source(engine: Engine, settings: Partial<ImageSourceSettings> = {}, clock = new VirtualClock()): ImageSource {
  const all = { userImages: true, pull: 'always', refreshMs: 60_000, registries: {}, ...settings } as const
  return new ImageSource(engine, all, clock, silentLogger)
}

const failsWith = (code: 'ERR_IMAGE' | 'ERR_START_FAILED' | 'ERR_UNSUPPORTED') => (error: unknown) =>
  isPlatformError(error, code)

describe('ImageSource', () => {
  it('believes the labels of the platform, and nothing of a user', async () => {
    const engine = new Engine()
    engine.has.set('a:1', { id: 'id', user: '65532:65532', labels: OURS })
    expect(await source(engine).find('a:1', false)).toEqual({
      id: 'id',
      own: true,
      attributesLogs: true,
      isRoot: false,
    })
    expect(await source(engine).find('a:1', true)).toEqual({
      id: 'id',
      own: false,
      attributesLogs: false,
      isRoot: false,
    })
  })

  it.each([
    ['', true],
    ['root', true],
    ['0', true],
    ['0:5', true],
    ['root:root', true],
    ['1000', false],
    ['1000:0', false],
    ['action', false],
    ['rootless', false],
  ])('takes user %j for root: %s', async (user, isRoot) => {
    const engine = new Engine()
    engine.has.set('a:1', { id: 'id', user, labels: {} })
    expect((await source(engine).find('a:1', true)).isRoot).toBe(isRoot)
  })

  it('pulls once for all who ask, with the credentials of that registry only', async () => {
    const engine = new Engine()
    const images = source(engine, { registries: { 'ghcr.io': CREDENTIALS } })
    await Promise.all([1, 2, 3].map(() => images.find('ghcr.io/bob/a:1', true)))
    await images.find('quay.io/bob/a:1', true)
    expect(engine.pulls).toEqual([
      ['ghcr.io/bob/a:1', 'bob'],
      ['quay.io/bob/a:1', undefined],
    ])
  })

  it('refreshes latest behind the start, at most every so often, and lives with a failure', async () => {
    const engine = new Engine()
    const clock = new VirtualClock()
    const images = source(engine, {}, clock)
    await images.find('bob/a', true)
    await images.find('bob/a', true)
    expect(engine.pulls.length).toBe(1)
    await clock.advance(60_000)
    engine.offers = false
    await Promise.all([images.find('bob/a', true), images.find('bob/a', true)])
    expect(engine.pulls.length).toBe(2)
    await clock.advance(60_000)
    await source(engine, { pull: 'missing' }, clock).find('bob/a', true)
    expect(engine.pulls.length).toBe(2)
  })

  it('tells whose fault a missing image is, and pulls none of the platform', async () => {
    const engine = new Engine()
    engine.offers = false
    await expect(source(engine).find('a:1', true)).rejects.toSatisfy(failsWith('ERR_IMAGE'))
    await expect(source(engine, { pull: 'never' }).find('a:1', true)).rejects.toSatisfy(failsWith('ERR_IMAGE'))
    expect(engine.pulls.length).toBe(1)
    await expect(source(engine).find('a:1', false)).rejects.toThrow(/a:1.*stemcell images build/)
    await expect(source(engine).find('a:1', false)).rejects.toSatisfy(failsWith('ERR_START_FAILED'))
    expect(engine.pulls.length).toBe(1)
  })

  it('refuses what is no name, and users’ images where they are not run', async () => {
    const images = source(new Engine(), { userImages: false })
    await expect(images.find('no image', false)).rejects.toSatisfy(failsWith('ERR_UNSUPPORTED'))
    await expect(images.find('a:1', true)).rejects.toSatisfy(failsWith('ERR_UNSUPPORTED'))
    await expect(source(new Engine()).find('no image', true)).rejects.toSatisfy(failsWith('ERR_IMAGE'))
  })
})
