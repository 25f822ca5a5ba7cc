import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testWith } from '../../../test/test-with.ts'
import { call } from '../../server/test/harness/api.ts'
import { PROGRAM } from '../../server/test/harness/spawned-server.ts'
import { useServer } from '../../server/test/harness/use-server.ts'
import { ProjectFolder } from './harness/project-folder.ts'
import { runCli } from './harness/run-cli.ts'

const server = useServer()
let folder: ProjectFolder

beforeAll(() => {
  folder = new ProjectFolder()
})
afterAll(() => folder.remove())

interface Step {
  /** A regular expression of Python over all that was shown. */
  readonly when: string
  readonly type: string
}

interface Shown {
  readonly shown: string
  readonly code: number
  readonly missed: readonly string[]
}

const CTRL_C = '\x03'
const GREEN_OK = '\x1b[32mok:\x1b[39m'

/** The program as users have it, on a terminal of 12 lines. */
async function onTerminal(
  args: readonly string[],
  { steps = [], environment = {} }: { steps?: readonly Step[]; environment?: Readonly<Record<string, string>> } = {},
): Promise<Shown> {
  const job = {
    argv: [process.execPath, PROGRAM, ...args],
    cwd: folder.path,
    environment: {
      PATH: process.env['PATH'],
      TERM: 'xterm',
      HOME: folder.path,
      WSK_CONFIG_FILE: join(server().data, '.wskprops'),
      ...environment,
    },
    rows: 12,
    columns: 100,
    seconds: 50,
    steps,
  }
  const child = spawn('python3', [join(import.meta.dirname, 'harness/pseudo-terminal.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(job))
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
  return JSON.parse(output) as Shown
}

describe('in a pipe', () => {
  it('a command ends well whose reader has seen enough, and one whose disk is full says so', async () => {
    const WSK_CONFIG_FILE = join(server().data, '.wskprops')
    const run = async (shell: string): Promise<{ code: number; stderr: string }> => {
      const env = { PATH: process.env['PATH'], WSK_CONFIG_FILE }
      const child = spawn('sh', ['-c', shell, 'sh', process.execPath, PROGRAM], {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[number]>])
      return { code, stderr }
    }
    expect(await run('{ "$@" namespace list --json; echo $? >&2; } | true')).toEqual({ code: 0, stderr: '0\n' })
    const full = await run('"$@" namespace list > /dev/full')
    expect(full).toEqual({ code: 1, stderr: expect.stringContaining('standard output: ENOSPC') })
  })
})

describe('completion', () => {
  testWith('bash', 'bash completes commands, commands below them, and options', async () => {
    const script = folder.write('completion.bash', (await runCli(['completion', 'bash'], { cwd: folder.path })).stdout)
    const complete = (line: string): string => {
      const words = line.split(' ')
      const program = `source '${script}'; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
        COMP_CWORD=${words.length - 1}; _stemcell; echo "\${COMPREPLY[@]}"`
      return execFileSync('bash', ['-c', program], { encoding: 'utf8' }).trim()
    }
    expect(complete('stemcell ac')).toBe('action activation')
    expect(complete('stemcell action in')).toBe('invoke')
    expect(complete('stemcell action create name --web')).toBe('--web --web-secure')
    expect(complete('stemcell deploy --d')).toBe('--dry-run --deployment --data')
  })
})

describe('on a terminal', () => {
  const onPty = (title: string, body: () => Promise<void>): void =>
    testWith('python3', title, body, { timeout: 150_000 })

  onPty('commands have colours, unless the user wants none', async () => {
    folder.write('hello.js', 'function main() { return { x: 1 } }')
    const coloured = await onTerminal(['action', 'update', 'hello', 'hello.js'])
    expect(coloured).toMatchObject({ code: 0, shown: `${GREEN_OK} updated action \x1b[1mhello\x1b[22m\r\n` })
    const plain = await onTerminal(['action', 'update', 'hello', 'hello.js'], { environment: { NO_COLOR: '1' } })
    expect(plain.shown).toBe('ok: updated action hello\r\n')
  })

  onPty('long listings are shown by a pager, short ones are not', async () => {
    const body = { exec: { kind: 'nodejs:20', code: 'main = () => ({})' } }
    for (let index = 10; index < 30; index++)
      await call(server(), 'PUT', `actions/paged${index}?overwrite=true`, { body })
    const pager = { environment: { PAGER: 'sed s/^/paged:/', NO_COLOR: '1' } }
    const long = await onTerminal(['action', 'list'], pager)
    expect(
      long.shown
        .split('\r\n')
        .slice(0, -1)
        .every((line) => line.startsWith('paged:')),
    ).toBe(true)
    expect(long.shown.match(/guest\/paged/g)).toHaveLength(20)
    const short = await onTerminal(['action', 'list', '--limit', '3'], pager)
    expect(short.shown).not.toContain('paged:')
    // Without the program, the listing is shown all the same.
    const without = await onTerminal(['action', 'list'], { environment: { PAGER: 'no-such-pager' } })
    expect(without.shown.match(/guest\/paged/g)).toHaveLength(20)
  })

  onPty('an upload shows how far it is, and leaves nothing of that behind', async () => {
    folder.write('big/packages/default/big/index.js', 'exports.main = () => ({})')
    writeFileSync(folder.join('big/packages/default/big/data.bin'), randomBytes(6_000_000))
    const { shown, code } = await onTerminal(['deploy', 'big'], { environment: { NO_COLOR: '1' } })
    expect(code).toBe(0)
    const drawn = shown.split('\r\x1b[K')
    expect(drawn[1]).toMatch(/^\[1\/1\] action big \d+ % of 7\.6 MB$/)
    expect(drawn.at(-1)).toBe('ok: big: 1 changes made\r\n')
  })

  onPty('Ctrl-C ends dev well, and its server with it', async () => {
    folder.copyExample('hello')
    const environment = { NO_COLOR: '1', WSK_CONFIG_FILE: join(folder.path, 'none') }
    const steps = [{ when: 'Ctrl-C ends it', type: CTRL_C }]
    const { shown, code, missed } = await onTerminal(['dev', 'hello', '--data', 'own-data', '--port', '0'], {
      environment,
      steps,
    })
    expect({ code, missed }).toEqual({ code: 0, missed: [] })
    expect(shown).toContain(`started here, data in ${folder.join('own-data')}`)
    expect(shown).toContain('ok: action hello deployed in')
    expect(shown).toMatch(/stopped\r\n$/)
  })

  onPty('Ctrl-C ends polling as in wsk', async () => {
    const steps = [{ when: 'Polling for activation logs', type: CTRL_C }]
    const { shown, code } = await onTerminal(['activation', 'poll'], { steps })
    expect(code).toBe(1)
    expect(shown).toMatch(/Poll terminated\r\n$/)
  })

  onPty('Ctrl-C ends other commands at once, whenever it comes', async () => {
    folder.write('wait.js', 'function main() { return new Promise((resolve) => setTimeout(resolve, 50000)) }')
    await onTerminal(['action', 'update', 'wait', 'wait.js'])
    const began = performance.now()
    const steps = [{ when: '^', type: CTRL_C }]
    const { code } = await onTerminal(['action', 'invoke', 'wait', '--result'], { steps })
    expect(code).not.toBe(0)
    expect(performance.now() - began).toBeLessThan(40_000)
  })
})
