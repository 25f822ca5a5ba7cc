import { spawn } from 'node:child_process'
import { Agent } from 'node:http'
import path from 'node:path'
import { expect } from 'vitest'
import { runtimePath as nodejsRuntime } from '@stemcell/runtime-nodejs'
import { send } from '../../runtime-nodejs/test/runtime-process.ts'
import { runtimePath } from '../src/index.ts'
import { eventually, realPython, temporaryFolder } from './loop-runtime.ts'
import { testWith } from '../../../test/test-with.ts'

interface Times {
  readonly start: number
  readonly init: number
  readonly run: number
}

const PROGRAMS = {
  nodejs: { program: [nodejsRuntime], code: 'function main(a) { return a }' },
  python: { program: [runtimePath, 'python'], code: 'def main(args):\n    return args' },
}

testWith(
  'python3',
  'starting and calling stays near the Node.js runtime',
  async () => {
    const folder = temporaryFolder()
    const measured = { nodejs: [] as Times[], python: [] as Times[] }
    for (let round = 0; round < 5; round++) {
      for (const name of ['nodejs', 'python'] as const) {
        measured[name].push(await measure(PROGRAMS[name], path.join(folder, `${name}${round}.sock`)))
      }
    }
    for (const [name, times] of Object.entries(measured)) {
      const [start, init, run] = (['start', 'init', 'run'] as const).map((step) => median(times.map((t) => t[step])))
      process.stdout.write(
        `${name}: first answer ${start!.toFixed(0)} ms, /init ${init!.toFixed(1)} ms, /run ${run!.toFixed(3)} ms\n`,
      )
    }
    expect(median(measured.python.map(({ start }) => start))).toBeLessThan(
      3 * median(measured.nodejs.map(({ start }) => start)),
    )
  },
  { timeout: 60_000 },
)

async function measure({ program, code }: (typeof PROGRAMS)['python'], socketPath: string): Promise<Times> {
  const agent = new Agent({ keepAlive: true })
  const post = (url: string, body: unknown): Promise<unknown> =>
    send({ socketPath, path: url, method: 'POST', agent }, body)
  const began = performance.now()
  const child = spawn(process.execPath, [...program, '--socket', socketPath], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], STEMCELL_PYTHON: realPython() },
  })
  child.stdout.resume()
  child.stderr.resume()
  try {
    await eventually(() =>
      post('/run', {}).then(
        () => true,
        () => false,
      ),
    )
    const start = performance.now() - began
    await post('/init', { value: { main: 'main', code } })
    const init = performance.now() - began - start
    const times: number[] = []
    for (let i = 0; i < 500; i++) {
      const sent = performance.now()
      await post('/run', { value: { i }, activation_id: 'a', namespace: 'n', action_name: '/n/a', deadline: '1' })
      times.push(performance.now() - sent)
    }
    return { start, init, run: median(times) }
  } finally {
    agent.destroy()
    child.kill('SIGTERM')
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
