// Start and run of process containers beside their floors, taken in turn in the same run: node <this file> [rounds]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adapterContext } from '@stemcell/core'
import { HttpRuntimeClient } from '@stemcell/core/runtime-client'
import { processContainers } from '@stemcell/spi-process'
import { runtimePath } from '@stemcell/runtime-nodejs'
import { Client } from 'undici'

const rounds = Number(process.argv[2] ?? 20)
const options = { timeoutMs: 20_000, maxReplyBytes: 1e6, truncateAtBytes: 1e3 }
const dir = mkdtempSync(join(tmpdir(), 'stemcell-bench-'))
const context = adapterContext()
const factory = processContainers({ dir }).build(context)
await factory.open()

const spec = {
  owner: { platform: 'bench', invoker: 'invoker0' },
  kind: 'nodejs:20',
  image: 'any',
  userImage: false,
  memoryMb: 256,
  maxConcurrent: 1,
  environment: {},
  labels: {},
}
const initBody = JSON.stringify({
  value: { name: 'a', main: 'main', binary: false, code: 'function main(args) { return args }' },
})
const runBody = JSON.stringify({ value: { text: 'x'.repeat(60) }, activation_id: '0123456789abcdef0123456789abcdef' })

const times = {}
async function timed(name, body) {
  const start = performance.now()
  const result = await body()
  ;(times[name] ??= []).push(performance.now() - start)
  return result
}

async function emptyNode() {
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore', env: {} }), 'exit')
}

async function bareRuntime(index) {
  const socket = join(dir, `bare${index}.sock`)
  const child = spawn(process.execPath, [runtimePath, '--socket', socket], { stdio: 'ignore', env: {} })
  const client = new HttpRuntimeClient({ endpoint: { socketPath: socket }, maxConcurrent: 1, clock: context.clock })
  await client.waitReady(20_000)
  return async () => {
    await client.close()
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

for (let i = 0; i < rounds; i++) {
  await timed('start: node -e 0 (floor)', emptyNode)
  const stop = await timed('start: spawn of the runtime to its first answer (floor)', () => bareRuntime(i))
  await stop()
  const container = await timed('start: create', () => factory.create(spec))
  await timed('first init, primed', () => container.init(initBody, options))
  await timed('first run, primed', () => container.run(runBody, options))
  await container.suspend()
  await timed('suspended: resume and run', async () => {
    await container.resume()
    await container.run(runBody, options)
  })
  await timed('destroy', () => container.destroy())
}

const container = await factory.create(spec)
await container.init(initBody, options)
const [folder] = (await import('node:fs')).readdirSync(dir).filter((name) => !name.startsWith('bare'))
const raw = new Client('http://localhost', { socketPath: join(dir, folder, container.id, 's'), pipelining: 1 })
const headers = ['accept', 'application/json', 'content-type', 'application/json']
const rawRun = () =>
  new Promise((resolve, reject) => {
    const chunks = []
    raw.dispatch(
      { method: 'POST', path: '/run', headers, body: runBody },
      {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData: (_controller, chunk) => chunks.push(chunk),
        onResponseEnd: () => resolve(chunks[0].toString()),
        onResponseError: (_controller, error) => reject(error),
      },
    )
  })
for (let i = 0; i < 2_000; i++) {
  await rawRun()
  await container.run(runBody, options)
}
for (let round = 0; round < 40; round++) {
  for (let i = 0; i < 150; i++) await timed('run: raw undici dispatch (floor)', rawRun)
  for (let i = 0; i < 150; i++) await timed('run: container.run', () => container.run(runBody, options))
}
await raw.destroy()
await factory.close()
rmSync(dir, { recursive: true })

for (const [name, list] of Object.entries(times)) {
  list.sort((a, b) => a - b)
  const at = (share) => list[Math.floor(list.length * share)].toFixed(3).padStart(9)
  process.stdout.write(`${name.padEnd(58)} p50 ${at(0.5)} ms  p90 ${at(0.9)} ms\n`)
}
