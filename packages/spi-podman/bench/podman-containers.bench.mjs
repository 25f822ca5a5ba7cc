// Steps of a container's life on Podman beside their floors, taken in turn in the same run:
// node <this file> SOCKET [rounds] [runs]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adapterContext } from '@stemcell/core'
import { podmanContainers } from '@stemcell/spi-podman'
import { Pool } from 'undici'

const [socketPath, rounds = 15, runs = 2_000] = process.argv.slice(2)
const options = { timeoutMs: 20_000, maxReplyBytes: 1e6, truncateAtBytes: 1e3 }
const image = `stemcell/action-nodejs:${process.versions.node.split('.')[0]}`
const dir = mkdtempSync(join(tmpdir(), 'sp-'))
const common = { socketPath, dir, ociRuntime: 'runc' }
const factories = {
  'isolated network': podmanContainers(common).build(adapterContext()),
  'no network': podmanContainers({ ...common, network: 'none', suspendThrough: 'freezer' }).build(adapterContext()),
}
const spec = {
  owner: { platform: 'bench', invoker: 'invoker0' },
  kind: 'nodejs:20',
  image,
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

const engine = new Pool('http://podman', { socketPath })
async function libpod(method, path, body) {
  const headers = { 'content-type': 'application/json' }
  const request = { method, path: `/v4.0.0/libpod${path}`, headers, body: body ? JSON.stringify(body) : null }
  return (await (await engine.request(request)).body.text()) || '{}'
}

/** The engine alone: a container of the same image whose program ends at once. */
async function bareStart() {
  const limits = ['nofile', 'nproc'].map((type) => ({ type, soft: 1_024, hard: 1_024 }))
  const request = {
    image,
    netns: { nsmode: 'none' },
    r_limits: limits,
    oci_runtime: 'runc',
    log_configuration: { driver: 'none' },
  }
  const { Id } = JSON.parse(await libpod('POST', '/containers/create', request))
  await libpod('POST', `/containers/${Id}/start`)
  return () => libpod('DELETE', `/containers/${Id}?force=true&timeout=0`)
}

for (const factory of Object.values(factories)) await factory.open()
for (let i = 0; i < Number(rounds); i++) {
  await (
    await timed('start: bare create and start, no network (floor)', bareStart)
  )()
  for (const [name, factory] of Object.entries(factories)) {
    const container = await timed(`start: create, ${name}`, () => factory.create(spec))
    await timed(`first init, ${name}`, () => container.init(initBody, options))
    await timed(`first run, ${name}`, () => container.run(runBody, options))
    for (let run = 0; run < Number(runs) / Number(rounds); run++) {
      await timed(`warm run, ${name}`, () => container.run(runBody, options))
    }
    const through = name === 'no network' ? 'freezer' : 'engine'
    await timed(`suspend through the ${through}`, () => container.suspend())
    await timed(`resume through the ${through}, and run`, async () => {
      await container.resume()
      await container.run(runBody, options)
    })
    await timed(`destroy, ${name}`, () => container.destroy())
  }
}
for (const factory of Object.values(factories)) await factory.close()
await engine.close()
rmSync(dir, { recursive: true, force: true })

for (const [name, all] of Object.entries(times)) {
  const sorted = all.sort((a, b) => a - b)
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(2).padStart(9)
  process.stdout.write(`${name.padEnd(52)} p50 ${at(0.5)} ms   p90 ${at(0.9)} ms   (${sorted.length})\n`)
}
