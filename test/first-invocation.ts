import { assemble, memoryContainers, type PlatformOptions } from '@stemcell/core'
import { expect } from 'vitest'

/** Assembles a platform of these parts, and expects of its very first invocation that it has a result. */
export async function expectFirstInvocation(parts: Partial<PlatformOptions>): Promise<void> {
  const platform = await assemble({ containers: memoryContainers(), ...parts })
  try {
    await platform.subjects.createUser('guest')
    const guest = await platform.client('guest')
    await guest.putAction('hi', { exec: { kind: 'nodejs:20', code: 'function main() { return { hi: true } }' } })
    const { status, body } = await guest.request('POST', 'actions/hi?blocking=true&result=true', {})
    expect({ status, body }).toEqual({ status: 200, body: { hi: true } })
  } finally {
    await platform.close()
  }
}
