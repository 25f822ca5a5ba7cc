import openwhisk from 'openwhisk'
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { call } from '../../server/test/harness/api.ts'
import { useServer } from '../../server/test/harness/use-server.ts'
import { ProjectFolder } from './harness/project-folder.ts'
import { runCli, type Outcome } from './harness/run-cli.ts'

const server = useServer()
let folder: ProjectFolder

beforeEach(() => {
  folder = new ProjectFolder()
})
afterEach(() => folder.remove())

async function stemcell(...args: string[]): Promise<Outcome> {
  return runCli([...args, '--apihost', server().url, '--auth', server().key], { cwd: folder.path })
}

async function deployed(name: string, ...flags: string[]): Promise<string> {
  const { code, stdout, stderr } = await stemcell('deploy', name, ...flags)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

async function invoke(name: string, params: object = {}): Promise<Record<string, unknown>> {
  const { status, json } = await call(server(), 'POST', `actions/${name}?blocking=true&result=true`, { body: params })
  return status === 200 ? json : { status, ...json }
}

/** Everything that somebody made in the namespace. */
async function everything(): Promise<string[]> {
  const names: string[] = []
  for (const kind of ['actions', 'packages', 'triggers', 'rules']) {
    const { json } = await call(server(), 'GET', `${kind}?limit=200`)
    for (const { namespace, name, version } of json as unknown as Record<string, string>[]) {
      names.push(`${kind} ${namespace}/${name} ${version}`)
    }
  }
  return names
}

interface Example {
  readonly name: string
  /** What it does once it is there. */
  readonly works: () => Promise<void>
  /** A file, what is replaced in it, and the lines of the plan after that. */
  readonly edit: readonly [file: string, from: string, to: string, ...lines: string[]]
  readonly changed: () => Promise<void>
}

async function web(path: string): Promise<string> {
  return (await call(server(), 'GET', `/api/v1/web/guest/${path}`, { auth: null })).text
}

async function gatewayUrl(): Promise<string> {
  const ow = openwhisk({ apihost: server().url, api_key: server().key })
  const { apis } = (await ow.routes.list()) as unknown as { apis: { value: { gwApiUrl: string } }[] }
  return apis[0]!.value.gwApiUrl
}

const EXAMPLES: readonly Example[] = [
  {
    name: 'hello',
    works: async () => expect(await invoke('hello')).toEqual({ greeting: 'Hello, world!' }),
    edit: ['packages/default/hello.js', 'Hello, ', 'Good day, ', '~ action hello (code)'],
    changed: async () => expect(await invoke('hello', { name: 'Ann' })).toEqual({ greeting: 'Good day, Ann!' }),
  },
  {
    name: 'esm',
    works: async () => expect(await invoke('clock')).toEqual({ started: expect.any(Number), time: expect.any(String) }),
    edit: ['packages/default/clock.mjs', '{ started,', '{ begun: started,', '~ action clock (code)'],
    changed: async () => expect(await invoke('clock')).toHaveProperty('begun'),
  },
  {
    name: 'typescript',
    works: async () => {
      expect(await invoke('price', { amount: 10 })).toEqual({ price: '11.90 EUR' })
      const { json } = await call(server(), 'POST', 'actions/price?blocking=true', { body: { amount: -1 } })
      const path = `activations/${String(json['activationId'])}/logs`
      await vi.waitFor(async () => expect((await call(server(), 'GET', path)).text).toContain('price.ts:12:'), 10_000)
    },
    edit: ['lib/format.ts', 'toFixed(2)', 'toFixed(1)', '~ action price (code)'],
    changed: async () => expect(await invoke('price', { amount: 10 })).toEqual({ price: '11.9 EUR' }),
  },
  {
    name: 'python',
    works: async () => expect(await invoke('poem')).toEqual({ poem: ['Roses are red', 'violets are blue'] }),
    edit: [
      'packages/default/poem/__main__.py',
      '#--param lines 2',
      '#--param lines 1',
      '~ action poem (code, settings)',
    ],
    changed: async () => expect(await invoke('poem')).toEqual({ poem: ['Roses are red'] }),
  },
  {
    name: 'shell',
    works: async () => expect(await invoke('disk')).toEqual({ free: expect.stringMatching(/\d/) }),
    edit: ['packages/default/disk.sh', 'free', 'left', '~ action disk (code)'],
    changed: async () => expect(await invoke('disk')).toEqual({ left: expect.stringMatching(/\d/) }),
  },
  {
    name: 'sequence',
    works: async () => expect(await invoke('text/again', { text: 'a b c' })).toEqual({ count: 3 }),
    edit: ['stemcell.yaml', '[text/words]', '[text/split]', '~ action text/again (settings)'],
    changed: async () => expect(await invoke('text/again', { text: 'a b' })).toEqual({ words: ['a', 'b'] }),
  },
  {
    name: 'cron',
    works: async () => expect(await schedule('tick.cron')).toBe('*/5 * * * *'),
    edit: ['packages/default/tick.js', '*/5', '*/7', '~ action tick (code)', '~ trigger tick.cron (settings)'],
    changed: async () => expect(await schedule('tick.cron')).toBe('*/7 * * * *'),
  },
  {
    name: 'web',
    works: async () => expect(await web('default/page.http?name=Ann')).toContain('<h1>Hello, Ann</h1>'),
    edit: ['packages/default/page.js', '//--web true', '//--web false', '~ action page (code, settings)'],
    changed: async () => expect(await web('default/page.http')).toContain('not exist'),
  },
  {
    name: 'api',
    works: async () => {
      expect(await (await fetch(`${await gatewayUrl()}/items`)).json()).toEqual({ items: ['tea', 'milk'] })
    },
    edit: ['stemcell.yaml', 'GET /items: shop/items', 'POST /items: shop/items', '+ api POST /shop/items'],
    changed: async () => {
      const answer = await fetch(`${await gatewayUrl()}/items`, { method: 'POST' })
      expect(await answer.json()).toEqual({ items: ['tea', 'milk'] })
    },
  },
  {
    name: 'several',
    works: async () => {
      expect(await invoke('orders/add', { item: 'tea' })).toEqual({ ordered: 'tea', currency: 'EUR' })
      expect(await invoke('orders/list')).toEqual({ orders: [], currency: 'EUR' })
      expect(await invoke('mail/send', { to: 'a' })).toEqual({ from: 'shop@example.org', to: 'a' })
    },
    edit: ['.env', 'shop@', 'all@', '~ action mail/send (settings)'],
    changed: async () => expect(await invoke('mail/send', { to: 'a' })).toEqual({ from: 'all@example.org', to: 'a' }),
  },
  {
    name: 'unicode',
    works: async () => expect(await invoke('gruesse')).toEqual({ gruß: 'Grüß dich, Zoë 👋' }),
    edit: ['packages/default/grüße/texte/größe.js', '👋', '🌍', '~ action gruesse (code)'],
    changed: async () => expect(await invoke('gruesse')).toEqual({ gruß: 'Grüß dich, Zoë 🌍' }),
  },
  {
    name: 'manifest',
    works: async () => {
      expect(await invoke('greetings/hello', { name: 'Bo' })).toEqual({
        greeting: 'Hello, Bo from Paris',
        details: '3 children',
        tone: 'friendly',
      })
      expect(await invoke('greetings/both', { name: 'Bo' })).toEqual({ letters: 20 })
      expect(await schedule('everyHour')).toBe('0 * * * *')
      expect(await (await fetch(`${await gatewayUrl()}/count`)).json()).toEqual({ letters: 0 })
    },
    edit: ['deployment.yaml', 'children: 3', 'children: 4', '~ action greetings/hello (settings)'],
    changed: async () => expect(await invoke('greetings/hello')).toMatchObject({ details: '4 children' }),
  },
]

async function schedule(trigger: string): Promise<unknown> {
  const body = { lifecycleEvent: 'READ', triggerName: `/_/${trigger}`, authKey: server().key }
  const path = '/api/v1/namespaces/whisk.system/actions/alarms/alarm?blocking=true&result=true'
  const { json } = await call(server(), 'POST', path, { body })
  return (json['config'] as { cron: string } | undefined)?.cron
}

/** Packages of Python are installed by pip, which not every Python has. */
const HAS_PIP = spawnSync('python3', ['-m', 'pip', '--version']).status === 0
if (!HAS_PIP) process.stdout.write('skipped the example python: python3 has no pip\n')
const RUNNABLE = EXAMPLES.filter(({ name }) => name !== 'python' || HAS_PIP)

describe.each(RUNNABLE)('the example $name', ({ name, works, edit, changed }) => {
  it('is deployed, sent again only where it changed, and undeployed without a trace', async () => {
    const path = folder.copyExample(name)
    const before = await everything()
    expect(await deployed(name, '--dry-run')).toMatch(/^\d+ to add, 0 to change/m)
    expect(await everything()).toEqual(before)
    await deployed(name)
    await works()

    const made = await everything()
    expect(await deployed(name)).toContain('nothing had to be sent')
    expect(await everything()).toEqual(made)

    const [file, from, to, ...lines] = edit
    const text = readFileSync(join(path, file), 'utf8')
    expect(text).toContain(from)
    writeFileSync(join(path, file), text.replace(from, to))
    const plan = await deployed(name)
    const planned = plan.split('\n').filter((one) => /^ {2}[+~] /.test(one))
    expect(planned.map((one) => one.trim().replace(/ {2}.*/, ''))).toEqual(lines)
    await changed()

    expect((await stemcell('undeploy', name)).code).toBe(0)
    expect(await everything()).toEqual(before)
  })
})

describe('a project', () => {
  it('removes what it has no more with --prune only, and nothing of others', async () => {
    folder.copyExample('several')
    await call(server(), 'PUT', 'actions/of-others', {
      body: { exec: { kind: 'nodejs:20', code: 'main = () => ({})' } },
    })
    await deployed('several')
    rmSync(folder.join('several/packages/orders'), { recursive: true })
    writeFileSync(folder.join('several/stemcell.yaml'), 'name: several\n')
    const kept = await deployed('several')
    expect(kept).toContain('- action orders/add (stays without --prune)')
    expect((await everything()).filter((name) => name.includes('orders'))).toHaveLength(3)
    const pruned = await deployed('several', '--prune')
    for (const line of ['- rule mail-when-ordered', '- trigger ordered', '- package orders'])
      expect(pruned).toContain(line)
    const left = await everything()
    expect(left.filter((name) => /orders|ordered/.test(name))).toEqual([])
    expect(left).toContain('actions guest/of-others 0.0.1')
    await stemcell('undeploy', 'several')
    expect(await everything()).toContain('actions guest/of-others 0.0.1')
    await call(server(), 'DELETE', 'actions/of-others')
  })

  it('sends again what somebody else changed, and forgets limits and annotations that it sets no more', async () => {
    const text = '//--timeout 5000\n//-a note one\nfunction main() { return {} }\n'
    folder.write('p/packages/default/a.js', text)
    await deployed('p')
    await call(server(), 'PUT', 'actions/a?overwrite=true', { body: { exec: { kind: 'nodejs:20', code: 'changed' } } })
    expect(await deployed('p')).toContain('~ action a (was changed by somebody else)')
    expect(await deployed('p')).toContain('nothing had to be sent')
    folder.write('p/packages/default/a.js', 'function main() { return {} }\n')
    await deployed('p')
    const { json } = await call(server(), 'GET', 'actions/a')
    expect(json['limits']).toMatchObject({ timeout: 60_000 })
    expect((json['annotations'] as { key: string }[]).map(({ key }) => key)).not.toContain('note')
    await stemcell('undeploy', 'p')
  })

  it('is undeployed whatever is wrong with its files', async () => {
    folder.write('p/packages/default/a.js', 'function main() { return {} }\n')
    await deployed('p')
    folder.write('p/packages/default/a.js', 'function main( {')
    folder.write('p/stemcell.yaml', 'nonsense: true\n')
    expect(await stemcell('undeploy', 'p')).toMatchObject({ code: 0, stdout: expect.stringContaining('- action a\n') })
    expect(await everything()).toEqual([])
  })

  it('says what was made when a change is refused', async () => {
    folder.write('p/packages/default/a.js', 'function main() { return {} }\n')
    folder.write('p/packages/default/b.js', '//--timeout 999999999\nfunction main() { return {} }\n')
    const { code, stderr } = await stemcell('deploy', 'p')
    expect(code).toBe(1)
    expect(stderr).toContain('1 of 2 changes were made: action a\n')
    expect(stderr).toMatch(/action b: .*exceeds allowed threshold/)
    await stemcell('undeploy', 'p')
  })

  it('stops between two changes when it is interrupted, and says what was made', async () => {
    for (let index = 0; index < 20; index++)
      folder.write(`p/packages/default/a${index}.js`, 'function main() { return {} }')
    const stop = new AbortController()
    const outcome = runCli(['deploy', 'p', '--apihost', server().url, '--auth', server().key], {
      cwd: folder.path,
      signal: stop.signal,
      context: { stderr: { write: (text: string) => void (/\[3\/20\]/.test(text) && stop.abort()), isTTY: true } },
    })
    expect((await outcome).code).toBe(130)
    const made = (await everything()).filter((name) => name.includes('guest/a'))
    expect(made.length).toBe(3)
    await stemcell('undeploy', 'p')
  })

  it('takes packages of npm along, and the settings of a folder from the file it begins with', async () => {
    folder.write('p/packages/default/a/package.json', '{"main":"index.js","dependencies":{"words":"1.0.0"}}')
    folder.write(
      'p/packages/default/a/index.js',
      "//--param more 2\nexports.main = ({ more }) => ({ said: require('words')(more) })",
    )
    folder.write(
      'p/packages/default/a/node_modules/words/index.js',
      "module.exports = (count) => 'word '.repeat(count).trim()",
    )
    await deployed('p')
    expect(await invoke('a')).toEqual({ said: 'word word' })
    await stemcell('undeploy', 'p')
  })

  it('has its plan as JSON', async () => {
    folder.copyExample('hello')
    expect(JSON.parse(await deployed('hello', '--dry-run', '--json'))).toEqual({
      project: 'hello',
      changes: [{ change: 'add', entity: 'action hello' }],
      unchanged: 0,
    })
  })
})
