import { MemoryQueue, type Queue } from '@stemcell/core'
import { describe, expect, it } from 'vitest'
import { queueDoubles } from '../src/doubles/index.ts'
import { queueCases, queueConformance, runCases, type ConformanceSuite } from '../src/index.ts'
import { RestPlatform } from '../src/rest/index.ts'
import { restConformance } from '../src/rest/rest-conformance.ts'

const capabilities = { ordering: 'key', durable: false, byReference: true, maxBodyBytes: 2 ** 53 - 1 } as const
const only = (id: string) => (name: string) => name === id
const kit = (create: () => Queue | Promise<Queue>, knownFailures = {}): ConformanceSuite =>
  queueConformance('tried', { create, capabilities, knownFailures, patienceMs: 500 })

const ID = 'queue.redelivers-after-rejection'
const broken = queueDoubles[ID]!

describe('a suite run without a test runner', () => {
  it('reports every case once', async () => {
    const { passed, failed, skipped } = await runCases(kit(() => new MemoryQueue()))
    expect(failed).toEqual([])
    expect(skipped.every(({ reason }) => reason !== '')).toBe(true)
    const names = [...passed, ...skipped.map(({ name }) => name)]
    expect(names.toSorted()).toEqual(
      ['declares the capabilities that are published', ...queueCases.map(({ id }) => id)].toSorted(),
    )
  })

  it('reports what fails with its error', async () => {
    const { passed, failed } = await runCases(kit(broken), { only: only(ID) })
    expect(passed).toEqual([])
    expect(failed).toEqual([{ name: ID, error: expect.any(Error) as Error }])
  })

  it('lets a known failure fail, and is red when it passes', async () => {
    const known = { [ID]: 'https://example.org/1' }
    expect(await runCases(kit(broken, known), { only: only(ID) })).toEqual({
      passed: [],
      failed: [],
      skipped: [],
      known: [{ name: ID, issue: known[ID] }],
    })
    const { failed } = await runCases(
      kit(() => new MemoryQueue(), known),
      { only: only(ID) },
    )
    expect(String(failed[0]?.error)).toMatch(/is kept by now, see https:\/\/example\.org\/1/)
  })

  it('ends a test that does not end by itself', async () => {
    const endless = { name: 'endless', run: () => new Promise<undefined>(() => undefined) }
    const { failed } = await runCases({ name: 'x', tests: [endless] }, { timeoutMs: 5 })
    expect(String(failed[0]?.error)).toBe('Error: not over after 5 ms')
  })

  it('fails every test of a suite that cannot be prepared, and of those inside it', async () => {
    const passes = { name: 'passes', run: () => Promise.resolve(undefined) }
    const inner = { name: 'inner', tests: [passes] }
    const prepare = (): Promise<void> => Promise.reject(new Error('no server'))
    const { passed, failed } = await runCases({ name: 'x', tests: [passes], suites: [inner], prepare })
    expect(passed).toEqual([])
    expect(failed.map(({ name, error }) => `${name}: ${String(error)}`)).toEqual([
      'passes: Error: no server',
      'inner › passes: Error: no server',
    ])
  })

  it('runs rows of the REST contract', async () => {
    await using platform = await RestPlatform.start()
    const { passed, failed } = await runCases(
      restConformance('here', () => platform),
      {
        only: (name) => name.startsWith('§8 bindings'),
      },
    )
    expect(failed).toEqual([])
    expect(passed.length).toBeGreaterThan(5)
  })
})
