import { pathToFileURL } from 'node:url'
import { assemble, type JsonObject } from '@stemcell/core'
import { processContainers } from '@stemcell/spi-process'

/** Assembles a platform, runs one action on it without opening a port, and closes it again. */
export async function run(): Promise<JsonObject> {
  await using platform = await assemble({ containers: processContainers({}) })
  await platform.subjects.createUser('guest')
  const guest = await platform.client('guest')

  await guest.putAction('greet', {
    exec: { kind: 'nodejs:default', code: "function main({ name }) { return { greeting: 'Hello, ' + name } }" },
  })
  const activation = await guest.invoke('greet', { name: 'platform builder' })
  return activation['response'] as JsonObject
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(await run())}\n`)
}
