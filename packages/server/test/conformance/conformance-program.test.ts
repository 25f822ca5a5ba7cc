import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { conformanceProgram } from '../../src/conformance/conformance-program.ts'

// Inside the package, so that its own packages are found from there.
const folder = mkdtempSync(join(import.meta.dirname, 'adapter-'))
afterAll(() => rmSync(folder, { recursive: true }))

const BROKEN = 'load-balancer.waits-while-all-are-full'

beforeAll(() => {
  file(
    'adapter.mjs',
    `import { LeastLoadedBalancer, MemoryQueue } from '@stemcell/core'
const any = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }
const options = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => value.name?.startsWith('p-kit-') ? { value } : { issues: [{ message: 'name is wrong', path: ['name'] }] } },
}
const adapter = (build) => ({ name: 'test', core: '*', build })
class Hasty extends LeastLoadedBalancer {
  place(request, cluster) {
    const placement = super.place(request, cluster)
    return placement === 'wait' ? { reject: 'no time' } : placement
  }
}
export default {
  provides: {
    loadBalancer: { options: any, create: () => adapter(() => new Hasty()) },
    queue: { options, create: () => adapter(() => new MemoryQueue()) },
    auth: { options: any, create: () => adapter(() => ({})) },
    brewery: { options: any, create: () => adapter(() => ({})) },
  },
}
export const conformance = { queue: { options: { name: 'p-{unique}' } } }
`,
  )
})

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

interface Ended {
  readonly output: string
  readonly error: string
}

async function run(...args: readonly string[]): Promise<Ended> {
  const printed: string[] = []
  const program = conformanceProgram({ print: (line) => void printed.push(line), begin: () => undefined })
  try {
    await program.exitOverride().parseAsync([join(folder, 'adapter.mjs'), ...args], { from: 'user' })
    return { output: printed.join('\n'), error: '' }
  } catch (error) {
    return { output: printed.join('\n'), error: error instanceof Error ? error.message : String(error) }
  }
}

describe('stemcell conformance', () => {
  it('fails where nothing was tested', async () => {
    const misspelt = await run('--part', 'brewery')
    expect(misspelt.error).toMatch(
      /nothing was tested of what \S+adapter\.mjs provides \(brewery\): the report says why$/,
    )
    const { error } = await run('--part', 'queue', '--only', 'no-such-case')
    expect(error).toContain('(queue): has a case no-such-case in its id?')
  })

  it('prints what is kept, what is broken, and what is skipped with the reason', async () => {
    const { output, error } = await run('--part', 'loadBalancer', 'auth', 'brewery')
    expect(output).toMatch(/^loadBalancer: \d+ kept$/m)
    expect(output).toContain(`✗ ${BROKEN}\n`)
    expect(output).toContain('auth: not tested: who may call')
    expect(output).toContain('brewery: not tested: there is no kit for this part')
    expect(error).toBe('conformance: 1 promises are broken')
  })

  it('gives each case options of its own, of the export `conformance`', async () => {
    const { output, error } = await run('--part', 'queue', '--only', 'queue.redelivers-after')
    expect(error).toBe('')
    expect(output).toContain('queue: 2 kept')
  })

  it('lets a known failure fail, and turns red on the day it passes', async () => {
    const known = (id: string): string =>
      file('known.json', JSON.stringify({ loadBalancer: { knownFailures: { [id]: 'https://example.org/7' } } }))
    const expected = await run('--setup', known(BROKEN), '--part', 'loadBalancer')
    expect(expected.output).toContain(`! ${BROKEN}: known to fail, see https://example.org/7`)
    expect(expected.error).toBe('')
    const mended = await run('--setup', known('load-balancer.never-throws'), '--part', 'loadBalancer')
    expect(mended.output).toContain('load-balancer.never-throws is kept by now, see https://example.org/7')
    expect(mended.error).not.toBe('')
  })

  it('reports as JSON and as Markdown', async () => {
    const { output } = await run('--part', 'loadBalancer', '--json')
    const report = JSON.parse(output) as { ok: boolean; parts: { part: string; failed: { name: string }[] }[] }
    expect(report).toMatchObject({ ok: false, parts: [{ part: 'loadBalancer', failed: [{ name: BROKEN }] }] })
    const page = await run('--part', 'loadBalancer', '--markdown')
    const [, kept, all] = /^!\[loadBalancer: (\d+) of (\d+)\]\(https:\S+-red\)$/m.exec(page.output) ?? []
    expect(Number(all) - Number(kept)).toBe(1)
  })

  it('says what is wrong with a set-up, a part and options', async () => {
    expect((await run('--part', 'nothing')).error).toMatch(/does not provide nothing; it provides loadBalancer/)
    const odd = file('odd.json', '{"cheese": {}}')
    expect((await run('--setup', odd)).error).toMatch(/the set-up names cheese, which the adapter does not provide/)
    expect((await run('--setup', file('half.json', '{'))).error).toMatch(/half\.json cannot be read/)
    const wrong = file('wrong.json', '{"queue": {"options": {"name": "seven"}}}')
    const { output } = await run('--setup', wrong, '--part', 'queue', '--only', 'queue.topics-are-separate')
    expect(output).toMatch(/✗ queue\.topics-are-separate\n +.*the options of the set-up/)
  })
})
