import { expect, it } from 'vitest'
import type { ContainerFactory } from '../../src/container/container-factory.ts'
import { InvokerBench } from './fakes/invoker-bench.ts'

const MANIFEST = {
  runtimes: {
    nodejs: [{ kind: 'nodejs:20', image: { name: 'n' }, stemCells: [{ initialCount: 2, memory: '256 MB' }] }],
  },
}

/** Where the cells were told that the API is, when the server listens after so many ms. */
async function toldWhen(listensAfterMs: number): Promise<(string | undefined)[]> {
  let host = ''
  const told: (string | undefined)[] = []
  const factory = (inner: ContainerFactory): ContainerFactory => {
    const create = inner.create.bind(inner)
    return Object.assign(inner, {
      create: ((spec, options) => {
        told.push(spec.environment['__OW_API_HOST'])
        return create(spec, options)
      }) satisfies ContainerFactory['create'],
    })
  }
  const bench = new InvokerBench({ manifest: MANIFEST, options: { apiHost: () => host }, factory })
  await bench.open()
  await bench.clock.advance(listensAfterMs)
  host = 'http://api'
  await bench.clock.advance(10_000)
  await bench.close()
  return told
}

it('stem cells know where the API is of a server that listens a little later', async () => {
  for (const ms of [0, 20, 400]) expect(await toldWhen(ms)).toEqual(['http://api', 'http://api'])
})

it('stem cells of a platform that does not listen are made all the same', async () => {
  expect(await toldWhen(5_000)).toEqual(['', ''])
})
