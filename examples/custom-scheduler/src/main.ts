import { assemble, memoryContainers, type JsonObject } from '@stemcell/core'
import { twoChoices } from './two-choices.ts'

export { TwoChoices, twoChoices } from './two-choices.ts'

/** A platform that places by the scheduler of this example. */
export async function run(): Promise<JsonObject> {
  await using platform = await assemble({ containers: memoryContainers(), loadBalancer: twoChoices() })
  await platform.subjects.createUser('guest')
  const guest = await platform.client('guest')
  await guest.putAction('where', {
    exec: { kind: 'nodejs:default', code: 'function main() { return { placed: true } }' },
  })
  return await guest.invoke('where')
}
