// Containers on Docker beside floors taken in the same run: node <this file> SOCKET [rounds]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adapterContext } from '@stemcell/core'
import { HttpRuntimeClient } from '@stemcell/core/runtime-client'
import { runtimePath } from '@stemcell/runtime-nodejs'
import { dockerContainers } from '@stemcell/spi-docker'

const socketPath = process.argv[2] ?? '/var/run/docker.sock'
const rounds = Number(process.argv[3] ?? 10)
const call = { timeoutMs: 60_000, maxReplyBytes: 1e6, truncateAtBytes: 1e3 }
const dir = mkdtempSync(join(tmpdir(), 'stemcell-bench-'))
const context = adapterContext()
const spec = {
  owner: { platform: 'bench', invoker: 'invoker0' },
  kind: 'nodejs:20',
  image: `stemcell/action-nodejs:${process.versions.node.split('.')[0]}`,
  userImage: false,
  memoryMb: 256,
  maxConcurrent: 1,
  environment: {},
  labels: {},
}
const code = 'function main(args) { return args }'
const initBody = JSON.stringify({ value: { name: 'a', main: 'main', binary: false, code } })
const runBody = JSON.stringify({ value: { text: 'x'.repeat(60) }, activation_id: '0123456789abcdef0123456789abcdef' })

const times = {}
async function timed(name, body) {
  const start = performance.now()
  const result = await body()
  ;(times[name] ??= []).push(performance.now() - start)
  return result
}

const ways = {
  'socket, isolated network': {},
  'socket, no network': { network: 'none' },
  'published port': { address: 'port' },
  'address on the bridge': { address: 'bridge' },
  'socket, cgroup freezer': { suspendThrough: 'freezer' },
}
const factories = {}
for (const [way, options] of Object.entries(ways)) {
  factories[way] = dockerContainers({ socketPath, dir, ...options }).build(context)
  await factories[way].open()
}

for (let round = 0; round < rounds; round++) {
  for (const [way, factory] of Object.entries(factories)) {
    const container = await timed(`create: ${way}`, () => factory.create(spec))
    await timed('first /init', () => container.init(initBody, call))
    await timed('first /run', () => container.run(runBody, call))
    await timed(`suspend: ${way}`, () => container.suspend())
    await timed(`resume and /run: ${way}`, async () => {
      await container.resume()
      await container.run(runBody, call)
    })
    await timed(`destroy: ${way}`, () => container.destroy())
  }
}

const bare = join(dir, 'bare.sock')
const child = spawn(process.execPath, [runtimePath, '--socket', bare], { stdio: 'ignore', env: {} })
const floor = new HttpRuntimeClient({ endpoint: { socketPath: bare }, maxConcurrent: 1, clock: context.clock })
await floor.waitReady(20_000)
const runners = { 'child process (floor)': floor }
for (const [way, factory] of Object.entries(factories).slice(0, 4)) runners[way] = await factory.create(spec)
for (const runner of Object.values(runners)) await runner.init(initBody, call)
for (let block = 0; block < 30; block++) {
  for (const [way, runner] of Object.entries(runners)) {
    for (let i = 0; i < 100; i++) await timed(`warm /run: ${way}`, () => runner.run(runBody, call))
  }
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
for (const [name, list] of Object.entries(times)) {
  const sorted = list.toSorted((a, b) => a - b)
  const [p50, p90] = [at(sorted, 0.5).toFixed(2), at(sorted, 0.9).toFixed(2)]
  process.stdout.write(`${name.padEnd(42)} p50 ${p50} ms  p90 ${p90} ms\n`)
}
await floor.close()
child.kill('SIGKILL')
await once(child, 'exit')
await Promise.all(Object.values(factories).map((factory) => factory.close()))
rmSync(dir, { recursive: true, force: true })
