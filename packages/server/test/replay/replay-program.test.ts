import type { ReplayReport } from '@stemcell/schedulers'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { replayProgram } from '../../src/replay/replay-program.ts'

const folder = mkdtempSync(join(tmpdir(), 'stemcell-replay-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

async function run(...args: readonly string[]): Promise<{ output: string; error: string }> {
  const printed: string[] = []
  const program = replayProgram({ print: (line) => void printed.push(line), begin: () => undefined })
  program.configureOutput({ writeErr: () => undefined })
  try {
    await program.exitOverride().parseAsync([...args], { from: 'user' })
    return { output: printed.join('\n'), error: '' }
  } catch (error) {
    return { output: printed.join('\n'), error: error instanceof Error ? error.message : String(error) }
  }
}

const GENERATED = ['--generate', 'azure-2019', '--invocations', '3000']

async function report(...args: readonly string[]): Promise<ReplayReport> {
  const { output, error } = await run(...args, '--json')
  expect(error).toBe('')
  return JSON.parse(output) as ReplayReport
}

describe('stemcell replay', () => {
  it('compares each scheduler with each policy, in a table, as JSON and in a picture', async () => {
    const svg = join(folder, 'picture.svg')
    const named = ['--scheduler', 'sharding', '--scheduler', 'pull', '--policy', 'fixed', '--policy', 'greedy-dual']
    const { output, error } = await run(...GENERATED, ...named, '--svg', svg)
    expect(error).toBe('')
    expect(output.match(/^(?:sharding|pull) +(?:fixed|greedy-dual) .+ %/gm)).toHaveLength(4)
    expect(readFileSync(svg, 'utf8')).toContain('sharding, greedy-dual')
    const { results, cluster } = await report(...GENERATED, ...named, '--invokers', '3', '--memory', '4096')
    expect(results.map(({ scheduler, policy }) => `${scheduler} ${policy}`)).toEqual([
      'sharding fixed',
      'sharding greedy-dual',
      'pull fixed',
      'pull greedy-dual',
    ])
    expect(cluster).toMatchObject({ invokers: 3, memoryMb: 4096 })
    for (const { figures } of results) expect(figures).toMatchObject({ invocations: 3_000, failed: 0 })
  })

  it('takes the least loaded and all policies where none are named', async () => {
    const { results } = await report(...GENERATED)
    expect(results.map(({ scheduler, policy }) => `${scheduler} ${policy}`)).toEqual([
      'least-loaded fixed',
      'least-loaded hybrid',
      'least-loaded greedy-dual',
    ])
  })

  it('writes a trace that it replays like the one that it generates', async () => {
    const trace = join(folder, 'trace.csv')
    const { output } = await run(...GENERATED, '--write', trace)
    expect(output).toBe(`azure-2019, 3000 invocations of 10 functions, seed 1 is in ${trace}`)
    const size = ['--memory', '4096', '--policy', 'fixed']
    const [written, made] = [await report(trace, ...size), await report(...GENERATED, ...size)]
    expect(written.results[0]!.figures.coldStarts).toBe(made.results[0]!.figures.coldStarts)
  })

  it('gives options to schedulers and policies, and takes those of a file', async () => {
    const own = file(
      'own-policy.mjs',
      `export default ({ keepMs = 0 } = {}) => ({
        keepAlive: () => ({ suspendAfterMs: 0, destroyAfterMs: keepMs }),
        victim: ([first]) => first,
        reuseWait: () => 0,
        stemCells: () => 0,
      })`,
    )
    const first = file(
      'own-scheduler.mjs',
      `export default class {
        name = 'first'
        place(request, cluster) {
          const found = cluster.invokers.find(({ id }) => cluster.fits(id, request))
          return found ? { invoker: found.id } : 'wait'
        }
      }`,
    )
    const schedulers = ['--scheduler', first, '--scheduler', 'least-loaded:choices=2']
    const kept = ['--policy', `${own}:keepMs=600000`, '--policy', own]
    const policies = [...kept, '--policy', 'fixed:pauseGraceMs=0,idleTimeoutMs=600000']
    const { results } = await report(...GENERATED, ...schedulers, ...policies)
    const cold = results.map(({ figures }) => figures.coldStarts)
    expect(cold[1]).toBeGreaterThan(cold[0]!)
    expect(cold[0]).toBeLessThanOrEqual(cold[2]! * 1.2)
    expect(results[5]!.policy).toBe('fixed:pauseGraceMs=0,idleTimeoutMs=600000')
  })

  it.each([
    [[], 'name a trace, or say --generate azure-2019'],
    [['--generate', 'azure-2021'], 'Allowed choices are azure-2019'],
    [[join(tmpdir(), 'no-such-trace.csv')], 'there is no trace'],
    [['trace.csv', ...GENERATED], 'name a trace or say --generate azure-2019, not both'],
    [['.', '--invocations', '5'], '--invocations is for traces that are generated'],
    [[...GENERATED, '--policy', 'lru'], 'there is no policy lru; there are fixed, hybrid, greedy-dual, or name a file'],
    [[...GENERATED, '--scheduler', 'random'], 'there is no scheduler random; there are sharding, least-loaded'],
    [[...GENERATED, '--policy', 'hybrid:head=2'], 'policy hybrid: '],
    [[...GENERATED, '--policy', 'hybrid:heads=0.1'], 'heads'],
    [[...GENERATED, '--policy', 'hybrid:head=0.9,tail=0.1'], 'option tail must not be less than head'],
    [[...GENERATED, '--policy', './no-such-policy.mjs'], 'no-such-policy.mjs cannot be loaded'],
    [[...GENERATED, '--invokers', '0'], 'a whole number, 1 or more'],
    [[...GENERATED, '--start-ms', 'soon'], 'a number, 0 or more'],
    [[...GENERATED, '--svg', join(tmpdir(), 'no-such-folder', 'x.svg')], 'cannot be written'],
  ])('%j ends with what is wrong', async (args, message) => {
    expect((await run(...args)).error).toContain(message)
  })

  it('refuses a file that exports something else', async () => {
    const path = file('nothing.mjs', 'export default {}')
    expect((await run(...GENERATED, '--policy', path)).error).toContain(
      'exports no pool policy; it has the methods keepAlive',
    )
  })

  it('says which file of the data set a folder lacks', async () => {
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    expect(existsSync(empty)).toBe(true)
    expect((await run(empty)).error).toMatch(
      /is no folder of the Azure .*: there is no .*function_durations_percentiles\.anon\.d01\.csv/,
    )
  })
})
