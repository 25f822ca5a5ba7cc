import { adapterContext } from '@stemcell/core'
import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ApiServer } from '../src/api/api-server.ts'
import { PodWatch } from '../src/api/pod-watch.ts'
import { Pods } from '../src/api/pods.ts'
import { event, listOf, podOf, SmallApiServer } from './small-api-server.ts'

const { clock, logger } = adapterContext()
const PATIENCE = { timeout: 10_000 }
const hang = (_request: unknown, response: ServerResponse): void => response.flushHeaders()

let small: SmallApiServer
let api: ApiServer
let watch: PodWatch
let heard: string[]

beforeEach(async () => {
  small = await new SmallApiServer().listen()
  small.otherwise(hang)
  heard = []
  api = new ApiServer(small.access(), 5_000, clock)
  const listener = {
    changed: ({ metadata }: { metadata: { name: string } }) => void heard.push(`changed ${metadata.name}`),
    removed: ({ metadata }: { metadata: { name: string } }) => void heard.push(`removed ${metadata.name}`),
    reconnected: () => void heard.push('reconnected'),
  }
  watch = new PodWatch(new Pods(api, 'default'), 'a=b', listener, clock, logger)
})
afterEach(async () => {
  await watch.close()
  await api.close()
  await small.close()
})

const says = (text: string, then: 'ends' | 'breaks' | 'goes on') => (_request: unknown, response: ServerResponse) => {
  response.write(text)
  if (then === 'ends') response.end()
  if (then === 'breaks') response.write('{"type":"MODI', () => response.destroy())
}
const versions = (): (string | null)[] =>
  small.requests
    .map((url) => new URL(url, 'http://x').searchParams.get('resourceVersion'))
    .filter((one) => one !== null)

it('tells of pods that were there, that come, change and go, whatever the pieces are in which it is told', async () => {
  small.json(listOf(5, podOf('old', 3)))
  small.next((_request, response) => {
    const text =
      event('ADDED', podOf('ä-new', 6)) + event('MODIFIED', podOf('ä-new', 7)) + event('DELETED', podOf('old', 8))
    for (const byte of Buffer.from(text)) response.write(Buffer.of(byte))
  })
  await watch.open()
  await vi.waitFor(() => expect(heard).toHaveLength(4), PATIENCE)
  expect(heard).toEqual(['changed old', 'changed ä-new', 'changed ä-new', 'removed old'])
})

it('goes on from the last version it has seen, bookmarks included, when a watch ends or breaks', async () => {
  small.json(listOf(5))
  small.next(says(event('ADDED', podOf('a', 6)) + event('BOOKMARK', podOf('', 9)), 'ends'))
  small.next(says(event('MODIFIED', podOf('a', 11)), 'breaks'))
  await watch.open()
  await vi.waitFor(() => expect(heard).toEqual(['changed a', 'changed a', 'reconnected']), PATIENCE)
  expect(versions()).toEqual(['5', '9', '11'])
})

it('lists anew when its version is forgotten, and tells of pods that went meanwhile', async () => {
  small.json(listOf(5, podOf('a', 3), podOf('b', 4)))
  small.next(says(event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }), 'ends'))
  small.json(listOf(50, podOf('b', 4)))
  await watch.open()
  await vi.waitFor(() => expect(versions()).toEqual(['5', '50']), PATIENCE)
  expect(heard).toEqual(['changed a', 'changed b', 'changed b', 'removed a'])
})

it('lists anew after an answer that cannot be read', async () => {
  small.json(listOf(5, podOf('a', 3)))
  small.next(says('no JSON at all\n', 'goes on'))
  small.json(listOf(20))
  await watch.open()
  await vi.waitFor(() => expect(heard).toEqual(['changed a', 'removed a', 'reconnected']), PATIENCE)
  expect(versions()).toEqual(['5', '20'])
})

it('waits as long as a busy server asks for, and says when it is back', async () => {
  small.json(listOf(5))
  small.json({ message: 'slow down' }, 429, { 'retry-after': '1' })
  small.next(says(event('ADDED', podOf('a', 6)), 'goes on'))
  const since = performance.now()
  await watch.open()
  await vi.waitFor(() => expect(heard).toEqual(['reconnected', 'changed a']), PATIENCE)
  expect(performance.now() - since).toBeGreaterThan(900)
})

it('does not ask without a pause when watches end at once', async () => {
  small.json(listOf(5))
  small.otherwise((_request, response) => void response.end())
  await watch.open()
  await vi.waitFor(() => expect(versions().length).toBeGreaterThan(4), PATIENCE)
  const before = versions().length
  await clock.sleep(500)
  expect(versions().length - before).toBeLessThan(5)
})
