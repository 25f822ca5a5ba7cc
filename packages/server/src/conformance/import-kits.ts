import { PlatformError } from '@stemcell/core'

/** The kits are for who writes adapters and schedulers; a server does without. @throws ERR_CONFIG they are not installed. */
export async function importKits(command: string): Promise<typeof import('@stemcell/conformance')> {
  try {
    return await import('@stemcell/conformance')
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || cause.code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new PlatformError(
      'ERR_CONFIG',
      `${command}: the kits are a package of their own: npm install --save-dev @stemcell/conformance`,
      { cause },
    )
  }
}
