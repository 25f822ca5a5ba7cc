import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runtimePath } from '../src/index.ts'
import { eventually, send } from './runtime-process.ts'

const FLOOR = `import { createServer } from 'node:http'
createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
    const body = JSON.stringify(JSON.parse(Buffer.concat(chunks).toString()).value ?? {})
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
}).listen(process.argv[3])`

test('starting and calling stays near a bare node:http echo', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'runtime-start-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const floorPath = path.join(folder, 'floor.mjs')
  writeFileSync(floorPath, FLOOR)

  const measured = {
    floor: { start: [] as number[], run: [] as number[] },
    runtime: { start: [] as number[], run: [] as number[] },
  }
  for (let round = 0; round < 7; round++) {
    for (const [name, program] of [
      ['floor', floorPath],
      ['runtime', runtimePath],
    ] as const) {
      const { start, run } = await measure(program, path.join(folder, `${name}${round}.sock`))
      measured[name].start.push(start)
      measured[name].run.push(run)
    }
  }
  const { floor, runtime } = measured
  process.stdout.write(
    `spawn to first answer: ${median(runtime.start).toFixed(1)} ms (bare node:http ${median(floor.start).toFixed(1)} ms); ` +
      `/run: ${median(runtime.run).toFixed(3)} ms (bare ${median(floor.run).toFixed(3)} ms)\n`,
  )
  expect(median(runtime.start)).toBeLessThan(median(floor.start) * 3)
})

async function measure(program: string, socketPath: string): Promise<{ start: number; run: number }> {
  const agent = new Agent({ keepAlive: true })
  const post = (url: string, body: unknown): Promise<unknown> =>
    send({ socketPath, path: url, method: 'POST', agent }, body)
  const began = performance.now()
  const child = spawn(process.execPath, [program, '--socket', socketPath], { stdio: ['ignore', 'pipe', 'pipe'] })
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
    await post('/init', { value: { main: 'main', code: 'function main(a) { return a }' } })
    const times: number[] = []
    for (let i = 0; i < 300; i++) {
      const sent = performance.now()
      await post('/run', { value: { i }, activation_id: 'a', namespace: 'n', action_name: '/n/a', deadline: '1' })
      times.push(performance.now() - sent)
    }
    return { start, run: median(times) }
  } finally {
    agent.destroy()
    child.kill('SIGKILL')
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
