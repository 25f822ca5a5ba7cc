// Makes containers, says so, and waits to be killed: node owner.mjs '{"options":…,"spec":…,"suspend":…}'
import { adapterContext } from '@stemcell/core'
import { podmanContainers } from '@stemcell/spi-podman'

const { options, spec, count } = JSON.parse(process.argv[2])
const factory = podmanContainers(options).build(adapterContext())
await factory.open()
const code = 'function main() { setInterval(() => { for (let i = 0; i < 1e5; i++); }, 1); return {} }'
const containers = await Promise.all(Array.from({ length: count }, () => factory.create(spec)))
for (const container of containers) {
  const call = { timeoutMs: 15_000, maxReplyBytes: 1_000, truncateAtBytes: 100 }
  await container.init(JSON.stringify({ value: { name: 'a', main: 'main', binary: false, code } }), call)
  await container.run('{"value":{}}', call)
}
await containers[0].suspend()
process.stdout.write('made\n')
setInterval(() => undefined, 1_000)
