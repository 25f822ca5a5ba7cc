import { randomText, SystemRandom } from '@stemcell/core'

/** A random `uuid:key`. */
export function newAuthKey(): string {
  const random = new SystemRandom()
  return `${random.uuid()}:${randomText(random, 64)}`
}
